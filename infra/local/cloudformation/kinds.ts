import * as z from 'zod/mini';
import { apiKinds } from './api-kinds.ts';
import { iamKinds } from './iam-kinds.ts';
import { flag, idle, kind, maybe, number, tagged, text } from './kind.ts';

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

/** The resource types that the local stack knows, with each property it knows of them. */
export const kinds = {
  ...apiKinds,
  ...iamKinds,
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
    Role: text,
    Architectures: idle,
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
    RoleArn: text,
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
        RoleArn: maybe(text),
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
      RoleArn: text,
      RetryPolicy: idle,
      DeadLetterConfig: deadLetter,
    }),
  }),
};
