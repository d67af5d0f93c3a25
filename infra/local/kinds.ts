import * as z from 'zod/mini';

/**
 * The resource types that the local stack knows, with each property it knows. A property is either acted on, or
 * `idle`: it is about permissions, cost, encryption, backup or watching, and changes nothing on one machine. Anything
 * else stops the start, since a silent skip is how machine and cloud drift apart.
 */
const idle = z.optional(z.unknown());
const text = z.string();
const number = z.coerce.number();
const flag = z.union([
  z.boolean(),
  z.pipe(
    z.enum(['true', 'false']),
    z.transform((word) => word === 'true'),
  ),
]);
const maybe = z.optional;
const tagged = { Tags: idle };

const keySchema = z.array(z.strictObject({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) }));
const index = z.strictObject({
  IndexName: text,
  KeySchema: keySchema,
  Projection: z.strictObject({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: maybe(z.array(text)),
  }),
  OnDemandThroughput: idle,
  ContributorInsightsSpecification: idle,
});

const tableProperties = {
  ...tagged,
  TableName: maybe(text),
  KeySchema: keySchema,
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: text, AttributeType: z.enum(['S', 'N', 'B']) })),
  GlobalSecondaryIndexes: maybe(z.array(index)),
  BillingMode: maybe(z.literal('PAY_PER_REQUEST')),
  StreamSpecification: maybe(
    z.strictObject({ StreamViewType: z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']) }),
  ),
  TimeToLiveSpecification: maybe(z.strictObject({ AttributeName: maybe(text), Enabled: flag })),
  SSESpecification: idle,
};

const deadLetter = maybe(z.strictObject({ Arn: maybe(text) }));

const environment = maybe(z.strictObject({ Variables: maybe(z.record(text, z.union([text, z.number()]))) }));

/** A resource type with the properties that are known of it. */
export type Kind<P> = { readonly type: string; readonly properties: P };

function kind<P extends z.core.$ZodLooseShape>(type: string, properties: P) {
  return { type, properties: z.strictObject(properties) };
}

export const kinds = {
  table: kind('AWS::DynamoDB::Table', {
    ...tableProperties,
    DeletionProtectionEnabled: idle,
    PointInTimeRecoverySpecification: idle,
  }),
  globalTable: kind('AWS::DynamoDB::GlobalTable', { ...tableProperties, Replicas: idle }),

  bucket: kind('AWS::S3::Bucket', {
    ...tagged,
    BucketName: maybe(text),
    NotificationConfiguration: maybe(
      z.strictObject({
        EventBridgeConfiguration: maybe(z.strictObject({ EventBridgeEnabled: maybe(flag) })),
      }),
    ),
    CorsConfiguration: idle,
    VersioningConfiguration: idle,
    BucketEncryption: idle,
    LifecycleConfiguration: idle,
    LoggingConfiguration: idle,
    OwnershipControls: idle,
    PublicAccessBlockConfiguration: idle,
    AccessControl: idle,
  }),

  queue: kind('AWS::SQS::Queue', {
    ...tagged,
    QueueName: maybe(text),
    VisibilityTimeout: maybe(number),
    MessageRetentionPeriod: maybe(number),
    ReceiveMessageWaitTimeSeconds: maybe(number),
    DelaySeconds: maybe(number),
    RedrivePolicy: maybe(z.strictObject({ deadLetterTargetArn: text, maxReceiveCount: number })),
    KmsMasterKeyId: idle,
    SqsManagedSseEnabled: idle,
  }),

  secret: kind('AWS::SecretsManager::Secret', {
    ...tagged,
    Name: maybe(text),
    Description: idle,
    SecretString: maybe(text),
    GenerateSecretString: maybe(
      z.strictObject({
        SecretStringTemplate: maybe(text),
        GenerateStringKey: maybe(text),
        PasswordLength: maybe(number),
        ExcludeCharacters: maybe(text),
        ExcludePunctuation: maybe(flag),
        ExcludeLowercase: maybe(flag),
        ExcludeUppercase: maybe(flag),
        ExcludeNumbers: maybe(flag),
        IncludeSpace: maybe(flag),
        RequireEachIncludedType: maybe(flag),
      }),
    ),
    KmsKeyId: idle,
  }),

  function: kind('AWS::Lambda::Function', {
    ...tagged,
    FunctionName: maybe(text),
    Description: maybe(text),
    Code: z.strictObject({ S3Bucket: idle, S3Key: text }),
    Handler: text,
    Runtime: z.literal('nodejs24.x'),
    MemorySize: maybe(number),
    Timeout: maybe(number),
    Environment: environment,
    DeadLetterConfig: maybe(z.strictObject({ TargetArn: text })),
    Architectures: idle,
    Role: idle,
    LoggingConfig: idle,
    TracingConfig: idle,
    EphemeralStorage: idle,
    KmsKeyArn: idle,
    RecursiveLoop: idle,
  }),
  invokeConfig: kind('AWS::Lambda::EventInvokeConfig', {
    FunctionName: text,
    Qualifier: z.literal('$LATEST'),
    // Retries follow each other within seconds here, so no event gets too old.
    MaximumEventAgeInSeconds: idle,
    MaximumRetryAttempts: maybe(number),
    DestinationConfig: maybe(z.strictObject({ OnFailure: maybe(z.strictObject({ Destination: text })) })),
  }),
  mapping: kind('AWS::Lambda::EventSourceMapping', {
    ...tagged,
    EventSourceArn: text,
    FunctionName: text,
    Enabled: maybe(z.literal(true)),
    BatchSize: maybe(number),
    MaximumBatchingWindowInSeconds: maybe(number),
    StartingPosition: maybe(z.enum(['TRIM_HORIZON', 'LATEST'])),
    FilterCriteria: maybe(z.strictObject({ Filters: maybe(z.array(z.strictObject({ Pattern: text }))) })),
    FunctionResponseTypes: maybe(z.array(z.literal('ReportBatchItemFailures'))),
    BisectBatchOnFunctionError: maybe(flag),
    MaximumRetryAttempts: maybe(number),
    MaximumRecordAgeInSeconds: maybe(number),
    ParallelizationFactor: maybe(number),
    DestinationConfig: maybe(z.strictObject({ OnFailure: maybe(z.strictObject({ Destination: text })) })),
    ScalingConfig: maybe(z.strictObject({ MaximumConcurrency: number })),
    KmsKeyArn: idle,
    MetricsConfig: idle,
  }),

  machine: kind('AWS::StepFunctions::StateMachine', {
    ...tagged,
    StateMachineName: maybe(text),
    StateMachineType: maybe(z.literal('STANDARD')),
    DefinitionString: text,
    RoleArn: idle,
    LoggingConfiguration: idle,
    TracingConfiguration: idle,
    EncryptionConfiguration: idle,
  }),

  rule: kind('AWS::Events::Rule', {
    ...tagged,
    Name: maybe(text),
    Description: idle,
    State: maybe(z.literal('ENABLED')),
    EventPattern: maybe(z.record(text, z.json())),
    ScheduleExpression: maybe(text),
    RoleArn: idle,
    Targets: z.array(
      z.strictObject({
        Id: idle,
        Arn: text,
        Input: maybe(text),
        RoleArn: idle,
        // EventBridge hands over at the first try here; what the function does with it is retried as Lambda does.
        RetryPolicy: idle,
        DeadLetterConfig: deadLetter,
      }),
    ),
  }),
  schedule: kind('AWS::Scheduler::Schedule', {
    Name: maybe(text),
    Description: idle,
    GroupName: idle,
    State: maybe(z.literal('ENABLED')),
    ScheduleExpression: text,
    ScheduleExpressionTimezone: idle,
    FlexibleTimeWindow: idle,
    Target: z.strictObject({
      Arn: text,
      Input: maybe(text),
      RoleArn: idle,
      RetryPolicy: idle,
      DeadLetterConfig: deadLetter,
    }),
  }),

  api: kind('AWS::ApiGatewayV2::Api', {
    ...tagged,
    Name: idle,
    Description: idle,
    ProtocolType: z.literal('HTTP'),
    DisableExecuteApiEndpoint: idle,
    CorsConfiguration: maybe(
      z.strictObject({
        AllowOrigins: maybe(z.array(text)),
        AllowMethods: maybe(z.array(text)),
        AllowHeaders: maybe(z.array(text)),
        ExposeHeaders: maybe(z.array(text)),
        AllowCredentials: maybe(flag),
        MaxAge: maybe(number),
      }),
    ),
  }),
  stage: kind('AWS::ApiGatewayV2::Stage', {
    ...tagged,
    ApiId: text,
    StageName: z.literal('$default'),
    AutoDeploy: maybe(z.literal(true)),
    Description: idle,
    AccessLogSettings: idle,
    DefaultRouteSettings: maybe(
      z.strictObject({
        ThrottlingBurstLimit: maybe(number),
        ThrottlingRateLimit: maybe(number),
        DetailedMetricsEnabled: idle,
      }),
    ),
  }),
  integration: kind('AWS::ApiGatewayV2::Integration', {
    ApiId: text,
    IntegrationType: z.literal('AWS_PROXY'),
    IntegrationUri: text,
    IntegrationMethod: idle,
    PayloadFormatVersion: z.literal('2.0'),
    TimeoutInMillis: maybe(number),
    Description: idle,
  }),
  route: kind('AWS::ApiGatewayV2::Route', {
    ApiId: text,
    RouteKey: text,
    Target: text,
    AuthorizationType: maybe(z.literal('NONE')),
  }),
};

/**
 * Types without any effect on one machine: permissions, which are not enforced here; logs and alarms, which are on
 * the screen; identities of senders and names of domains, which nobody has to prove.
 */
export const idleKinds = [
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::Lambda::Permission',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SNS::Subscription',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::SES::EmailIdentity',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::CDK::Metadata',
];
