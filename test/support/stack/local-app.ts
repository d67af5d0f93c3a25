import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, ArnFormat, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnEventSourceMapping, CfnPermission, Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';

/** The first lines of each function of the small app: shared clients, and a counter in the table. */
const preamble = `
import { createRequire } from 'node:module';
const require = createRequire(${JSON.stringify(join(import.meta.dirname, '..', '..', '..', 'package.json'))});
const { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } = require('@aws-sdk/client-dynamodb');
const { S3Client, PutObjectCommand } = require('@aws-sdk/client-s3');
const table = new DynamoDBClient({}), bucket = new S3Client({});
const count = (name) => table.send(new UpdateItemCommand({ TableName: process.env.TABLE, Key: { PK: { S: 'SEEN#' + name } },
  UpdateExpression: 'ADD times :one', ExpressionAttributeValues: { ':one': { N: '1' } }, ReturnValues: 'ALL_NEW' }))
  .then(({ Attributes }) => Number(Attributes.times.N));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
`;

/** Functions of a small app that uses every kind of resource, by name. */
const sources = {
  firstKey: `export const handler = async (event) => ({ secret: 'key-of-' + event.name + crypto.randomUUID() });`,
  users: `export const handler = async () => { const { Item } = await table.send(new GetItemCommand({ TableName: process.env.TABLE, Key: { PK: { S: 'REVOKED' } } }));
    return { statusCode: Item ? 401 : 200 }; };`,
  echo: `export const handler = async (event, context) => ({ statusCode: 200, headers: { 'X-Kind': 'echo' }, cookies: ['a=1', 'b=2'],
    body: JSON.stringify({ event, name: context.functionName, left: context.getRemainingTimeInMillis(), zone: new Date().getTimezoneOffset() }) });`,
  act: `const { SFNClient, StartExecutionCommand, DescribeExecutionCommand } = require('@aws-sdk/client-sfn');
    const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');
    const { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
    const machines = new SFNClient({}), actions = {
      throw: () => { throw new TypeError('no'); },
      large: () => ({ statusCode: 200, body: 'x'.repeat(6.5 * 1024 * 1024) }),
      meet: async () => { for (let met = await count('meet'); met < 3; met = await table.send(new GetItemCommand({ TableName: process.env.TABLE, Key: { PK: { S: 'SEEN#meet' } }, ConsistentRead: true })).then(({ Item }) => Number(Item.times.N))) await sleep(50); return { met: true }; },
      plain: () => ({ answer: 42 }),
      overreach: () => bucket.send(new PutObjectCommand({ Bucket: process.env.BUCKET, Key: 'in/x.csv', Body: 'x' })).then(() => ({}), ({ name, message }) => ({ name, message })),
      exit: () => process.exit(3),
      secret: () => new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: process.env.SECRET })).then((one) => ({ secret: one.SecretString })),
      start: ({ name, input }) => machines.send(new StartExecutionCommand({ stateMachineArn: process.env.MACHINE, name, input: JSON.stringify(input) })).then(({ executionArn }) => ({ executionArn }), (error) => ({ error: error.name })),
      describe: ({ executionArn }) => machines.send(new DescribeExecutionCommand({ executionArn })).then(({ status, output }) => ({ status, output })),
      send: ({ queue, body }) => new SQSClient({}).send(new SendMessageCommand({ QueueUrl: process.env[queue], MessageBody: body })).then(() => ({})),
      left: () => new SQSClient({}).send(new GetQueueAttributesCommand({ QueueUrl: process.env.QUEUE, AttributeNames: ['All'] })).then(({ Attributes: all }) => ({ messages: Number(all.ApproximateNumberOfMessages) + Number(all.ApproximateNumberOfMessagesNotVisible) })),
      dead: () => new SQSClient({}).send(new ReceiveMessageCommand({ QueueUrl: process.env.DEAD })).then(({ Messages = [] }) => ({ bodies: Messages.map(({ Body }) => Body) })),
    };
    export const handler = async (event) => { const input = JSON.parse(event.body); return actions[input.do](input); };`,
  slow: `export const handler = () => new Promise(() => {});`,
  onObject: `export const handler = async ({ detail: { bucket, object } }) => {
      const times = await count('drop ' + object.key);
      if (object.key.includes('flaky') && times < 2) throw new Error('flaky');
      await table.send(new PutItemCommand({ TableName: process.env.TABLE, Item: { PK: { S: 'DROP#' + object.key }, bucket: { S: bucket.name }, size: { N: String(object.size) }, sequencer: { S: object.sequencer } } })); };`,
  onChange: `export const handler = async ({ Records }) => {
      const poison = Records.filter(({ dynamodb }) => dynamodb.NewImage?.poison);
      if (poison.some(({ dynamodb }) => dynamodb.NewImage.poison.S === 'throw')) throw new Error('poisoned');
      for (const { dynamodb } of Records) { if (!dynamodb.NewImage?.poison) await table.send(new UpdateItemCommand({ TableName: process.env.TABLE, Key: { PK: { S: 'SEEN#order' } },
        UpdateExpression: 'SET ids = list_append(if_not_exists(ids, :none), :id)', ExpressionAttributeValues: { ':none': { L: [] }, ':id': { L: [dynamodb.Keys.PK] } } }));
        else break; }
      return { batchItemFailures: poison.map(({ dynamodb }) => ({ itemIdentifier: dynamodb.SequenceNumber })) }; };`,
  onMessage: `export const handler = async ({ Records }) => { for (const { body } of Records) await count('message ' + body); return { batchItemFailures: [] }; };`,
  onBadMessage: `export const handler = async ({ Records }) => ({ batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) });`,
  plan: `export const handler = async ({ job, parts, ms }) => { const key = 'work/' + job + '.json';
      await bucket.send(new PutObjectCommand({ Bucket: process.env.BUCKET, Key: key, Body: JSON.stringify(Array.from({ length: parts }, (_, part) => ({ job, part, ms }))) }));
      return { job, manifest: { bucket: process.env.BUCKET, key } }; };`,
  part: `export const handler = async ({ job, part, ms }) => { await sleep(ms ?? 0); await count(job + ' part ' + part); if (part === 1) throw new Error('a bad part'); return { done: true }; };`,
  finish: `export const handler = async ({ job }) => { await count(job + ' finished'); return { job }; };`,
};

/** Synthesizes the small app and answers its assembly. `change` may alter the stack before, such as to something unknown. */
export function synthesizeSmallApp(change: (stack: Stack) => void = () => {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'roster-small-app-'));
  // The library's own check of the templates is for those who deploy, and longer than all the rest.
  process.env.CDK_VALIDATION = 'false';
  const app = new App({ outdir: join(directory, 'cdk.out'), analyticsReporting: false });
  const base = new Stack(app, 'Small-base');
  const stack = new Stack(app, 'Small-work');
  const table = new Table(base, 'Table', {
    partitionKey: { name: 'PK', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: 'expiresAt',
  });
  const bucket = new Bucket(base, 'Bucket');
  if (bucket.node.defaultChild instanceof CfnBucket) {
    bucket.node.defaultChild.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }
  const secret = new Secret(base, 'Secret', { generateSecretString: { passwordLength: 40, excludePunctuation: true } });
  const dead = new Queue(stack, 'Dead');
  const deadLetterQueue = { queue: dead, maxReceiveCount: 2 };
  const queue = new Queue(stack, 'Queue', { visibilityTimeout: Duration.seconds(60), deadLetterQueue });
  // A message that fails whenever it comes may come again while it is still being handled.
  const badQueue = new Queue(stack, 'BadQueue', { visibilityTimeout: Duration.seconds(1), deadLetterQueue });
  const lambda = (name: keyof typeof sources, timeout = 20): Lambda => {
    const folder = join(directory, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'index.mjs'), preamble + sources[name]);
    const lambda = new Lambda(stack, name, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset(folder),
      memorySize: 256,
      timeout: Duration.seconds(timeout),
      environment: { TABLE: table.tableName, BUCKET: bucket.bucketName },
    });
    table.grantReadWriteData(lambda);
    return lambda;
  };
  const plan = lambda('plan');
  bucket.grantPut(plan, 'work/*');
  const machine = machineOf(stack, bucket, plan, lambda('part'), lambda('finish'));
  const api = new HttpApi(stack, 'Api', {
    corsPreflight: { allowOrigins: ['https://app.example.com'], maxAge: Duration.hours(1) },
  });
  const act = lambda('act');
  act.addEnvironment('MACHINE', machine.attrArn);
  act.addEnvironment('SECRET', secret.secretArn);
  act.addEnvironment('QUEUE', queue.queueUrl);
  act.addEnvironment('BAD_QUEUE', badQueue.queueUrl);
  act.addEnvironment('DEAD', dead.queueUrl);
  act.addEnvironment('ADDRESS', api.apiEndpoint);
  secret.grantRead(act);
  queue.grantSendMessages(act);
  badQueue.grantSendMessages(act);
  dead.grantConsumeMessages(act);
  act.addToRolePolicy(
    new PolicyStatement({
      actions: ['states:StartExecution', 'states:DescribeExecution'],
      resources: [machine.attrArn, executionsOf(stack)],
    }),
  );
  const echo = new HttpLambdaIntegration('Echo', lambda('echo'));
  const doing = new HttpLambdaIntegration('Act', act);
  api.addRoutes({
    path: '/things/{id}',
    methods: [HttpMethod.GET, HttpMethod.POST, HttpMethod.HEAD],
    integration: echo,
  });
  const users = new HttpLambdaIntegration('Users', lambda('users'));
  api.addRoutes({ path: '/v1/users', methods: [HttpMethod.GET], integration: users });
  api.addRoutes({ path: '/things/fixed', methods: [HttpMethod.GET], integration: echo });
  api.addRoutes({ path: '/act', methods: [HttpMethod.POST], integration: doing });

  const slow = new HttpLambdaIntegration('Slow', lambda('slow', 1));
  api.addRoutes({ path: '/slow', methods: [HttpMethod.GET], integration: slow });

  lambda('onMessage').addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
  lambda('onBadMessage').addEventSource(new SqsEventSource(badQueue, { reportBatchItemFailures: true }));
  const onChange = lambda('onChange');
  table.grantStreamRead(onChange);
  bucket.grantReadWrite(onChange);
  new CfnEventSourceMapping(stack, 'OnChange', {
    eventSourceArn: table.tableStreamArn ?? '',
    functionName: onChange.functionName,
    startingPosition: 'TRIM_HORIZON',
    filterCriteria: {
      filters: [{ pattern: JSON.stringify({ dynamodb: { Keys: { PK: { S: [{ prefix: 'ITEM#' }] } } } }) }],
    },
    functionResponseTypes: ['ReportBatchItemFailures'],
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: 2,
    destinationConfig: { onFailure: { destination: bucket.bucketArn } },
  });
  const onObject = lambda('onObject');
  const dropped = new CfnRule(stack, 'OnObject', {
    eventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: [bucket.bucketName] }, object: { key: [{ prefix: 'in/' }] } },
    },
    targets: [{ id: 'target', arn: onObject.functionArn }],
  });
  new CfnPermission(stack, 'OnObjectPermission', {
    action: 'lambda:InvokeFunction',
    functionName: onObject.functionName,
    principal: 'events.amazonaws.com',
    sourceArn: dropped.attrArn,
  });
  new CfnOutput(stack, 'FirstKeyFunction', { value: lambda('firstKey').functionName });
  new CfnOutput(stack, 'BucketName', { value: bucket.bucketName });
  new CfnOutput(stack, 'TableName', { value: table.tableName });
  change(stack);
  app.synth();
  return app.outdir;
}

/** All executions of all machines of the account. */
function executionsOf(stack: Stack): string {
  return stack.formatArn({ service: 'states', resource: 'execution:*', arnFormat: ArnFormat.NO_RESOURCE_NAME });
}

function machineOf(stack: Stack, bucket: Bucket, plan: Lambda, part: Lambda, finish: Lambda): CfnStateMachine {
  const role = new Role(stack, 'MachineRole', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
  for (const step of [plan, part, finish]) step.grantInvoke(role);
  bucket.grantRead(role, 'work/*');
  const definition = {
    StartAt: 'Plan',
    TimeoutSeconds: 9_000_000,
    States: {
      Plan: { Type: 'Task', Resource: plan.functionArn, Next: 'Parts' },
      Parts: {
        Type: 'Map',
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'JSON' },
          Parameters: { 'Bucket.$': '$.manifest.bucket', 'Key.$': '$.manifest.key' },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Part',
          States: { Part: { Type: 'Task', Resource: part.functionArn, End: true } },
        },
        MaxConcurrency: 2,
        ToleratedFailurePercentage: 100,
        ResultPath: null,
        Next: 'Finish',
      },
      Finish: { Type: 'Task', Resource: finish.functionArn, Parameters: { 'job.$': '$.job' }, End: true },
    },
  };
  const machine = new CfnStateMachine(stack, 'Machine', {
    definitionString: stack.toJsonString(definition),
    roleArn: role.roleArn,
  });
  // Apart from the role, since machine and role would otherwise depend on each other.
  new Policy(stack, 'MapRuns', {
    roles: [role],
    statements: [
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.attrArn] }),
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: [executionsOf(stack)],
      }),
    ],
  });
  return machine;
}
