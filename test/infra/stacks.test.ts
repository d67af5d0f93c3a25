import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundleOf } from '../../infra/bundle.ts';
import { acknowledged } from '../../infra/nag.ts';
import { type Route, routes } from '../../infra/routes.ts';
import { assemblyOfRun } from '../support/stack/local.ts';
import {
  type Assembly,
  actionsOf,
  all,
  definitionOf,
  functionOf,
  type Properties,
  type Resource,
  statementsOf,
  synthesize,
} from './assembly.ts';

let dev: Assembly;
let prod: Assembly;
beforeAll(async () => {
  // One after the other, and after the synthesis that other files wait for: each takes a whole processor.
  await assemblyOfRun();
  dev = await synthesize();
  prod = await synthesize('-c', 'stage=prod');
});
afterAll(() => {
  for (const { folder } of [dev, prod]) rmSync(folder, { recursive: true, force: true });
});

const only = (assembly: Assembly, type: string) => {
  const [first, ...rest] = all(assembly, type);
  if (first === undefined || rest.length > 0) throw new Error(`There is not exactly one ${type}.`);
  return first;
};

const bundleIn = ({ folder }: Assembly, properties: Properties) =>
  join(folder, `asset.${properties.Code.S3Key.replace('.zip', '')}`);

/** Operations of DynamoDB that are actions of the same name, but for Query, which the document client has in every bundle. */
const tableActions = ['GetItem', 'BatchGetItem', 'BatchWriteItem', 'PutItem', 'UpdateItem', 'DeleteItem'];
/** Actions that are also parts of transactions. */
const partActions = ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'];

const root = join(import.meta.dirname, '..', '..');

describe('the app', () => {
  it('synthesizes four stacks in an empty environment, clean under cdk-nag, for both stages', () => {
    for (const { stacks } of [dev, prod]) expect(Object.keys(stacks).sort()).toEqual(['data', 'edge', 'http', 'work']);
  });

  it('has no stack with more than 400 resources', () => {
    for (const stack of Object.values(prod.stacks)) expect(stack.length).toBeLessThanOrEqual(400);
  });

  it('names nothing that must be unique in an account', () => {
    const names = [
      'TableName',
      'BucketName',
      'FunctionName',
      'RoleName',
      'QueueName',
      'StateMachineName',
      'LogGroupName',
      'TopicName',
      'AlarmName',
    ];
    const named = Object.values(dev.stacks)
      .flat()
      .filter(({ type }) => !['AWS::Lambda::Permission', 'AWS::Lambda::EventSourceMapping'].includes(type))
      .filter(({ properties }) => names.some((name) => typeof properties?.[name] === 'string'));
    expect(named).toEqual([]);
    for (const type of ['AWS::Events::Rule', 'AWS::SecretsManager::Secret']) {
      for (const { properties } of all(dev, type)) expect(properties.Name).toBeUndefined();
    }
  });

  it('have outputs for the address, the bucket, the table, and the function that makes the first key', () => {
    for (const output of ['ApiUrl', 'BucketName', 'TableName', 'FirstKeyFunction'])
      expect(dev.outputs).toHaveProperty(output);
  });

  it('acknowledges no finding that is not there', () => {
    const used = new Set([...dev.reasons.values()].flat());
    expect(acknowledged.filter(({ reason }) => !used.has(reason))).toEqual([]);
  });

  it('stops at a function that is named and not written', () => {
    expect(() => bundleOf('users/fly')).toThrow('functions/users/fly.ts is named in infra/, but is not there.');
  });

  it('runs every function file', () => {
    const written = globSync('**/*.ts', { cwd: join(root, 'functions') });
    const running = all(dev, 'AWS::Lambda::Function').map(({ properties }) => `${properties.Description}.ts`);
    expect(written.toSorted()).toEqual(running.toSorted());
  });
});

describe('what must not be lost', () => {
  const types = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];

  it('is retained in prod, and goes with its stack in dev', () => {
    for (const type of types) {
      expect(only(prod, type).deletion).toBe('Retain');
      expect(only(dev, type).deletion).toBe('Delete');
    }
  });

  it('has a table with streams, expiry, point-in-time recovery and, in prod, protection', () => {
    const { properties } = only(prod, 'AWS::DynamoDB::Table');
    expect(properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
    expect(properties.GlobalSecondaryIndexes).toHaveLength(1);
    expect(only(dev, 'AWS::DynamoDB::Table').properties.DeletionProtectionEnabled).toBe(false);
  });

  it('stands in as many partitions as at first: CloudFormation refuses to change a value that other stacks import', () => {
    const [shards] = Object.values<Properties>(prod.outputs).filter(({ Export }) => Export?.Name.endsWith(':Shards'));
    expect(shards.Value).toBe('16');
    const readers = all(prod, 'AWS::Lambda::Function').filter(
      ({ properties }) => properties.Environment.Variables.TABLE,
    );
    expect(readers.length).toBeGreaterThan(40);
    for (const { properties } of readers)
      expect(properties.Environment.Variables.SHARDS).toEqual({ 'Fn::ImportValue': shards.Export.Name });
  });

  it('has a bucket that is versioned, encrypted, private, and open to TLS only', () => {
    expect(only(dev, 'AWS::S3::Bucket').properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    const denied = only(dev, 'AWS::S3::BucketPolicy').properties.PolicyDocument.Statement;
    expect(denied).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });

  it('keeps files by their prefix, and no half upload', () => {
    const rules: Properties[] = only(dev, 'AWS::S3::Bucket').properties.LifecycleConfiguration.Rules;
    const days = Object.fromEntries(
      rules.filter((rule) => rule.Prefix).map((rule) => [rule.Prefix, rule.ExpirationInDays]),
    );
    expect(days).toEqual({
      'imports/': 30,
      'uploads/': 30,
      'jobs/': 30,
      'jobs/exports/': 7,
      'work/': 7,
      'erasures/': 40,
      'aws/lambda/': 14,
    });
    expect(rules.filter((rule) => rule.Prefix).every((rule) => rule.NoncurrentVersionExpiration)).toBe(true);
    expect(rules.some((rule) => rule.AbortIncompleteMultipartUpload)).toBe(true);
  });
});

describe('a function', () => {
  it('has its own role, its own log group that forgets, a time-out, memory and traces', () => {
    const functions = all(dev, 'AWS::Lambda::Function');
    for (const { properties } of functions) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        Timeout: expect.any(Number),
        MemorySize: expect.any(Number),
        LoggingConfig: { LogGroup: { Ref: expect.any(String) } },
      });
    }
    const own = (pick: (properties: Properties) => string) =>
      new Set(functions.map(({ properties }) => pick(properties))).size;
    expect(own((properties) => properties.Role['Fn::GetAtt'][0])).toBe(functions.length);
    expect(own((properties) => properties.LoggingConfig.LogGroup.Ref)).toBe(functions.length);
    for (const { properties } of all(dev, 'AWS::Logs::LogGroup')) expect(properties.RetentionInDays).toBeGreaterThan(0);
  });

  it('is allowed what its own role says and nothing else', () => {
    for (const { properties } of all(dev, 'AWS::IAM::Role')) expect(properties.ManagedPolicyArns).toBeUndefined();
    const roles = all(dev, 'AWS::IAM::Policy').flatMap(({ properties }) =>
      properties.Roles.map((role: Properties) => role.Ref),
    );
    expect(roles.every((role: string) => role.includes('WorkflowRole'))).toBe(true);
  });

  it('names all resources for nothing but traces', () => {
    for (const { properties } of all(dev, 'AWS::Lambda::Function')) {
      const wide = statementsOf(dev, properties.Description).filter((statement) =>
        [statement.Resource].flat().includes('*'),
      );
      expect(wide.flatMap((statement) => statement.Action).toSorted()).toEqual([
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ]);
    }
  });

  it('names actions, never a pattern of them', () => {
    const actions = all(dev, 'AWS::Lambda::Function').flatMap(({ properties }) =>
      statementsOf(dev, properties.Description).flatMap((statement) => [statement.Action].flat()),
    );
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('is allowed no action on the table that its bundle does not call, and every one that it calls', () => {
    for (const { properties } of all(dev, 'AWS::Lambda::Function')) {
      const path = properties.Description;
      const bundle = readFileSync(join(bundleIn(dev, properties), 'index.mjs'), 'utf8');
      const calls = (operation: string) => bundle.includes(`"${operation}"`);
      const granted = statementsOf(dev, path)
        .flatMap((statement) => [statement.Action].flat())
        .flatMap((action) => /^dynamodb:(\w+Item|Query|PartiQL\w+)$/.exec(action)?.[1] ?? []);
      const callsFor = (action: string) =>
        calls(action) ||
        (partActions.includes(action) && calls('TransactWriteItems')) ||
        (action === 'PartiQLInsert' && calls('BatchExecuteStatement'));
      expect(
        granted.filter((action) => !callsFor(action)),
        path,
      ).toEqual([]);
      if (properties.Environment.Variables.TABLE === undefined) continue;
      // The bundle of every action can recall answers; it does so for calls that write what they post.
      const routed = Object.entries<Route>(routes).filter(([, { run }]) => run === path);
      const isOther = ([name, { table }]: [string, Route]) => table === 'read' || !name.startsWith('POST ');
      const mayRecall = routed.some(isOther);
      const needed = tableActions.filter((action) => calls(action) && !(mayRecall && partActions.includes(action)));
      expect(granted, path).toEqual(expect.arrayContaining(needed));
    }
  });

  it('of the API writes how often its caller called, and answers to recall where calls are repeated, and finds both by their partitions', () => {
    for (const [name, route] of Object.entries<Route>(routes)) {
      const own = actionsOf(dev, route.run, 'dynamodb');
      const edge = statementsOf(dev, route.run)
        .filter((statement) => statement.Condition?.['ForAllValues:StringLike'])
        .map((statement) => [
          statement.Condition['ForAllValues:StringLike']['dynamodb:LeadingKeys'],
          [statement.Action].flat(),
        ]);
      const wanted: [string, string[]][] = [
        ['RATE#*', route.table === undefined || route.public ? [] : ['PutItem', 'UpdateItem']],
        ['IDEMPOTENT#*', route.table === 'write' && name.startsWith('POST ') ? partActions.slice(0, 3) : []],
      ];
      const expected = wanted.map(([prefix, actions]) => [
        [prefix],
        actions
          .filter((action) => !own.includes(action))
          .map((action) => `dynamodb:${action}`)
          .toSorted(),
      ]);
      expect(edge, name).toEqual(expected.filter(([, actions = []]) => actions.length > 0));
    }
  });

  it('that only reads the table writes nothing else there', () => {
    const readers = Object.values<Route>(routes).filter((route) => route.table === 'read');
    expect(readers.length).toBeGreaterThan(5);
    for (const { run } of readers) {
      const actions = actionsOf(dev, run, 'dynamodb');
      expect(
        actions.filter((name) => !['BatchGetItem', 'GetItem', 'Query'].includes(name)),
        run,
      ).toEqual([]);
    }
  });

  it('queries the index of jobs where its code does, and nowhere else', () => {
    const allowed = all(dev, 'AWS::Lambda::Function')
      .map(({ properties }) => properties.Description)
      .filter((path) => JSON.stringify(statementsOf(dev, path)).includes('/index/'));
    expect(allowed.toSorted()).toEqual(['jobs/sweep', 'logs/list']);
  });

  it('lists objects below its prefixes and no other', () => {
    const lists = all(dev, 'AWS::Lambda::Function')
      .flatMap(({ properties }) =>
        statementsOf(dev, properties.Description).map((statement) => [properties.Description, statement]),
      )
      .filter(([, statement]) => [statement.Action].flat().includes('s3:ListBucket'));
    expect(lists.length).toBeGreaterThan(5);
    const wide = lists.filter(([, statement]) => statement.Condition?.StringLike?.['s3:prefix'] === undefined);
    // Lambda asks for this one when it makes a mapping whose failures go to a bucket.
    expect(wide.map(([path]) => path)).toEqual(['segments/on-profile-changed']);
  });

  it('behind a link reads what jobs left, counts clicks, and does nothing else', () => {
    const statements = statementsOf(dev, 'links/open').filter(
      ({ Action }) => !/^(logs|xray):/.test([Action].flat()[0]),
    );
    const actions = statements.flatMap(({ Action }) => [Action].flat());
    expect(actions.toSorted()).toEqual([
      ...['dynamodb:GetItem', 'dynamodb:UpdateItem', 's3:GetObject', 's3:ListBucket'],
      'secretsmanager:GetSecretValue',
    ]);
  });

  it('that touches no table is allowed no table, no secret and no bucket', () => {
    for (const run of ['health/get', 'docs/openapi', 'docs/page', 'docs/not-found']) {
      const actions = statementsOf(dev, run).flatMap((statement) => [statement.Action].flat());
      expect(actions.toSorted()).toEqual([
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ]);
    }
  });

  it('that sends mail sends it from the configured address', () => {
    const senders = all(dev, 'AWS::Lambda::Function')
      .map(({ properties }) => properties.Description)
      .filter((path) => statementsOf(dev, path).some((statement) => statement.Action === 'ses:SendEmail'));
    expect(senders).toContain('exports/finish');
    for (const path of senders) {
      const statement = statementsOf(dev, path).find(({ Action }) => Action === 'ses:SendEmail');
      expect(statement.Condition).toEqual({ StringEquals: { 'ses:FromAddress': 'roster@example.com' } });
      expect(functionOf(dev, path).properties.Environment.Variables.SENDER).toBe('roster@example.com');
      // In its sandbox, SES asks for the recipient's identity as well; and for the configuration set of an identity.
      const named = statement.Resource.map((arn: Properties) => arn['Fn::Join'][1].at(-1));
      expect(named.toSorted()).toEqual([':configuration-set/*', ':identity/*']);
    }
  });

  it('is given every setting that it asks for', () => {
    const source = readFileSync(join(root, 'shared', 'runtime', 'env.ts'), 'utf8');
    const settings = [...source.matchAll(/get (\w+)\(\)[^{]*\{([\s\S]*?)\n {2}\}/g)].map(([, name, body = '']) => ({
      asked: new RegExp(`\\w\\.${name}\\b`),
      variables: [...body.matchAll(/'([A-Z_]{3,})'/g)].map(([, variable = '']) => variable),
    }));
    expect(settings.flatMap(({ variables }) => variables)).toContain('IMPORT_MACHINE');
    for (const { properties } of all(dev, 'AWS::Lambda::Function')) {
      const given = Object.keys(properties.Environment.Variables);
      // A function without a table never comes to the lines that ask for what belongs to it.
      if (!given.includes('TABLE')) continue;
      const bundle = readFileSync(join(bundleIn(dev, properties), 'index.mjs'), 'utf8');
      const needed = settings.filter(({ asked }) => asked.test(bundle)).flatMap(({ variables }) => variables);
      expect(given, properties.Description).toEqual(expect.arrayContaining(needed));
    }
  });

  it('has a bundle of its own beside what it reads', () => {
    for (const { properties } of all(dev, 'AWS::Lambda::Function')) {
      expect(existsSync(join(bundleIn(dev, properties), 'index.mjs'))).toBe(true);
    }
  });
});

describe('the API', () => {
  it('has every route of routes.ts, the default one included', () => {
    const keys = all(dev, 'AWS::ApiGatewayV2::Route').map(({ properties }) => properties.RouteKey);
    expect(keys.toSorted()).toEqual(Object.keys(routes).toSorted());
  });

  it('logs the route of a request, and never its path or query', () => {
    const { AccessLogSettings, DefaultRouteSettings } = only(dev, 'AWS::ApiGatewayV2::Stage').properties;
    expect(AccessLogSettings.Format).toContain('$context.routeKey');
    expect(AccessLogSettings.Format).not.toMatch(/path|query|\$context\.identity/i);
    // API Gateway quotes what is named a string.
    const line = AccessLogSettings.Format.replace(/\$context\.[\w.]*String/g, '"text"').replace(/\$[\w.]+/g, 'text');
    expect(Object.keys(JSON.parse(line))).toContain('error');
    expect(DefaultRouteSettings.ThrottlingRateLimit).toBeGreaterThan(0);
  });

  it('ends an action before the gateway does', () => {
    for (const route of Object.values(routes)) expect(functionOf(dev, route.run).properties.Timeout).toBeLessThan(30);
  });
});

describe('triggers', () => {
  it('hand over changed profiles only, repeat them through an outage of hours, and lose none', () => {
    const mapping = all(dev, 'AWS::Lambda::EventSourceMapping').find(({ properties }) => properties.StartingPosition);
    expect(mapping?.properties).toMatchObject({
      FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"USERS#"}]}}}}' }] },
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 10_000,
      MaximumRecordAgeInSeconds: 6 * 3600,
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
  });

  it('make an import of whatever arrives, by either way in', () => {
    const rule = all(dev, 'AWS::Events::Rule').find(({ properties }) => properties.EventPattern)?.properties;
    expect(rule.EventPattern['detail-type']).toEqual(['Object Created']);
    expect(rule.EventPattern.detail.object.key).toEqual([{ prefix: 'imports/' }, { prefix: 'uploads/' }]);
  });

  it('keep what could not be delivered', () => {
    for (const { properties } of all(dev, 'AWS::Events::Rule')) {
      for (const target of properties.Targets) expect(target.DeadLetterConfig.Arn).toBeDefined();
    }
    for (const path of ['imports/on-file-dropped', 'jobs/sweep']) {
      expect(functionOf(dev, path).properties.DeadLetterConfig.TargetArn).toBeDefined();
    }
  });

  it('have queues that are encrypted, open to TLS only, and redriven, but for the last one', () => {
    const queues = all(dev, 'AWS::SQS::Queue');
    const last = queues.filter(({ properties }) => properties.RedrivePolicy === undefined);
    expect(last.map(({ id }) => id)).toEqual([expect.stringMatching(/^Undelivered/)]);
    expect(queues.every(({ properties }) => properties.SqsManagedSseEnabled)).toBe(true);
    expect(all(dev, 'AWS::SQS::QueuePolicy')).toHaveLength(queues.length);
  });

  it('hide a message from others for longer than its consumer may take', () => {
    const queue = all(dev, 'AWS::SQS::Queue').find(({ id }) => id.startsWith('Repairs'));
    const { Timeout } = functionOf(dev, 'segments/repair-user').properties;
    expect(queue?.properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
  });
});

describe('the alarms', () => {
  const alarms = () => all(dev, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties);
  /** The metrics of an alarm, one or many, each as namespace, name and dimensions. */
  const metricsOf = (alarm: Properties): Properties[] =>
    alarm.Metrics?.flatMap(({ MetricStat }: Properties) => MetricStat?.Metric ?? []) ?? [alarm];
  const metrics = () => alarms().flatMap(metricsOf);
  const watched = (name: string) =>
    metrics()
      .filter(({ MetricName }) => MetricName === name)
      .map(({ Dimensions = [] }) => Dimensions[0]?.Value);

  it('are at most ten, each notifies the operators, and none rings because nothing happens', () => {
    expect(alarms().length).toBeGreaterThan(5);
    expect(alarms().length).toBeLessThanOrEqual(10);
    for (const { AlarmActions, TreatMissingData, AlarmDescription } of alarms()) {
      expect(AlarmActions).toHaveLength(1);
      expect(TreatMissingData).toBe('notBreaching');
      expect(AlarmDescription).toBeTruthy();
    }
  });

  it('are taken by CloudWatch: no search, and at most ten metrics in a sum', () => {
    for (const alarm of alarms()) {
      expect(JSON.stringify(alarm)).not.toMatch(/SEARCH|SELECT/);
      expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
      const expressions = (alarm.Metrics ?? []).flatMap(({ Expression }: Properties) => Expression ?? []);
      for (const expression of expressions) expect(expression).toMatch(/^SUM\(\[m0(,m\d)*\]\)$/);
    }
  });

  it('ring for whatever any function logs as an error', async () => {
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'ERROR');
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { log } = await import('../../shared/runtime/log.ts');
    log.error('stored item cannot be read', { entity: 'user' });
    const line = JSON.parse(String(printed.mock.calls[0]?.[0]));
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
    expect(line).toMatchObject({ message: 'stored item cannot be read', entity: 'user', [Metrics[0].Name]: 1 });
    expect(line._aws.Timestamp).toEqual(expect.any(Number));
    expect(alarms()).toContainEqual(
      expect.objectContaining({
        Namespace,
        MetricName: Metrics[0].Name,
        Dimensions: Dimensions[0].map((name: string) => ({ Name: name, Value: line[name] })),
        Statistic: 'Sum',
        Threshold: 1,
        EvaluationPeriods: 1,
      }),
    );
    // A metric of the stage: its dimension is an environment variable of each function.
    for (const { properties } of all(dev, 'AWS::Lambda::Function'))
      expect(properties.Environment.Variables.STAGE).toBe(line.stage);
  });

  it('ring for every run and for every part of a workflow that fails', () => {
    const machines = all(dev, 'AWS::StepFunctions::StateMachine');
    const own = machines.map(({ id }) => ({ Ref: id }));
    const parts = machines.map(({ id }) => ({ 'Fn::Join': ['', [{ Ref: id }, '/Parts']] }));
    const texts = (some: Properties[]) => some.map((one) => JSON.stringify(one)).toSorted();
    expect(texts(watched('ExecutionsFailed'))).toEqual(texts([...own, ...parts]));
    expect(texts(watched('ExecutionsTimedOut'))).toEqual(texts(own));
    for (const machine of machines) {
      const maps = Object.values<Properties>(definitionOf(machine).States).filter(({ Type }) => Type === 'Map');
      expect(maps.map(({ Label }) => Label)).toEqual(['Parts']);
    }
  });

  it('ring for every function that an event, a message or a schedule calls', () => {
    const targets = all(dev, 'AWS::Events::Rule').flatMap(({ properties }) =>
      properties.Targets.map(({ Arn }: Properties) => Arn['Fn::GetAtt'][0]),
    );
    const mapped = all(dev, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => properties.FunctionName.Ref);
    const called = [...targets, ...mapped].toSorted();
    expect(called).toHaveLength(4);
    expect(
      watched('Errors')
        .flatMap((value) => value.Ref ?? [])
        .toSorted(),
    ).toEqual(called);
  });

  it('ring for every dead letter, a stream that lags, users who wait for repair, and refused work', () => {
    const queues = all(dev, 'AWS::SQS::Queue');
    const letters = queues.filter(({ properties }) => properties.RedrivePolicy === undefined);
    const named = (some: Resource[]) => some.map(({ id }) => ({ 'Fn::GetAtt': [id, 'QueueName'] }));
    expect(watched('ApproximateNumberOfMessagesVisible')).toEqual(named(letters));
    expect(watched('ApproximateAgeOfOldestMessage')).toEqual(named(queues.filter((one) => !letters.includes(one))));
    expect(watched('IteratorAge')).toEqual([{ Ref: functionOf(dev, 'segments/on-profile-changed').id }]);
    for (const name of ['ReadThrottleEvents', 'WriteThrottleEvents', 'Throttles'])
      expect(watched(name)).toHaveLength(1);
  });
});

describe('a workflow', () => {
  const statesOf = (definition: Properties): [string, Properties][] =>
    Object.entries<Properties>(definition.States).flatMap(([name, state]) => [
      [name, state],
      ...(state.ItemProcessor ? statesOf(state.ItemProcessor) : []),
    ]);
  const machines = () =>
    all(dev, 'AWS::StepFunctions::StateMachine').map((machine) => ({ machine, definition: definitionOf(machine) }));

  it('ends in time, and so does each of its steps', () => {
    expect(machines()).toHaveLength(3);
    for (const { definition } of machines()) {
      expect(definition.TimeoutSeconds).toBeGreaterThan(0);
      for (const [, state] of statesOf(definition))
        if (state.Type === 'Task') expect(state.TimeoutSeconds).toBeGreaterThan(0);
    }
  });

  it('repeats each step at moments that differ', () => {
    for (const { definition } of machines()) {
      const tasks = statesOf(definition).filter(([, { Type }]) => Type === 'Task');
      for (const [, { Retry }] of tasks)
        expect(Retry.every((retry: Properties) => retry.JitterStrategy === 'FULL' || retry.MaxAttempts === 0)).toBe(
          true,
        );
    }
  });

  it('notes every failure where people look, and ends as failed', () => {
    for (const { definition } of machines()) {
      const steps = Object.entries<Properties>(definition.States).filter(
        ([name, { Type }]) => /Task|Map/.test(Type) && !name.startsWith('Fail'),
      );
      for (const [, { Catch }] of steps)
        expect(Catch).toEqual([
          { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: expect.stringMatching(/^Fail/) },
        ]);
      const noted = Object.entries<Properties>(definition.States).filter(([name]) => /^Fail the \w+$/.test(name));
      expect(noted).toHaveLength(1);
      const end = Object.values<Properties>(definition.States).filter(({ Type }) => Type === 'Fail');
      expect(end.length).toBeGreaterThan(0);
    }
  });

  it('of an import ends as failed when rows were not applied, once its job has its end and its mail', () => {
    const states = machines().find(({ definition }) => definition.States['Apply parts'])?.definition.States;
    expect(states.Finish.Next).toBe('Applied?');
    expect(states['Applied?']).toMatchObject({
      Choices: [{ Variable: '$.applied', BooleanEquals: false, Next: 'Rows not applied' }],
      Default: 'Applied',
    });
    expect(states['Rows not applied'].Type).toBe('Fail');
  });

  it('runs eight parts at a time, outlives parts that fail, and hands on nothing from them', () => {
    for (const { definition } of machines()) {
      const maps = Object.values<Properties>(definition.States).filter(({ Type }) => Type === 'Map');
      expect(maps).toHaveLength(1);
      expect(maps[0]).toMatchObject({ MaxConcurrency: 8, ToleratedFailurePercentage: 100, ResultPath: null });
      expect(maps[0].ItemProcessor.ProcessorConfig).toEqual({ Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' });
      expect(maps[0].ItemReader).toMatchObject({
        ReaderConfig: { InputType: 'JSON' },
        Parameters: { 'Key.$': '$.manifest.key' },
      });
    }
  });

  it('of a job that ended in its plan goes to its finish, which mails the end', () => {
    const planned = machines().flatMap(({ definition }) => definition.States['Planned?'] ?? []);
    expect(planned).toHaveLength(2);
    for (const { Choices } of planned)
      expect(Choices).toEqual([{ Variable: '$.planned', BooleanEquals: false, Next: 'Finish' }]);
  });

  it('calls a step again until it says that it is done', () => {
    const loops = machines().flatMap(({ definition }) =>
      statesOf(definition).filter(([name]) => name.endsWith('again?')),
    );
    expect(loops.map(([name]) => name).toSorted()).toEqual([
      'Apply parts: part again?',
      'Apply repeats again?',
      'Finish again?',
      'Sweep edges again?',
      'Walk parts: part again?',
      'Write parts: part again?',
    ]);
    for (const [name, { Choices, Default }] of loops) {
      expect(Choices).toEqual([{ Variable: '$.state.done', BooleanEquals: false, Next: name.replace(' again?', '') }]);
      expect(Default).toMatch(/: done$/);
    }
  });

  it('that walks users tries again after a wait, from its plan, and the function that counts the attempts ends it', () => {
    const walk = machines().find(({ definition }) => definition.States['Walk parts'])?.definition.States;
    expect(walk['Fail the attempt'].Next).toBe('Another attempt?');
    expect(walk['Another attempt?']).toMatchObject({
      Choices: [{ Variable: '$.again', BooleanEquals: true, Next: 'Wait' }],
      Default: 'Given up',
    });
    expect(walk.Wait).toMatchObject({ SecondsPath: '$.seconds', Next: 'Plan' });
    expect(walk.Finish.Retry[0]).toMatchObject({ ErrorEquals: ['UnfinishedWalk'], MaxAttempts: 0 });
  });

  it('logs no data, and is traced', () => {
    for (const { machine } of machines()) {
      expect(machine.properties.LoggingConfiguration).toMatchObject({ IncludeExecutionData: false, Level: 'ALL' });
      expect(machine.properties.TracingConfiguration).toEqual({ Enabled: true });
    }
  });

  it('logs, as the API does, to a group that needs no entry in the account’s resource policy, and that is not kept', () => {
    const groups = all(dev, 'AWS::Logs::LogGroup');
    const vended = groups.filter(({ properties }) =>
      JSON.stringify(properties.LogGroupName)?.includes('/aws/vendedlogs/'),
    );
    expect(vended).toHaveLength(machines().length + 1);
    const ids = vended.map(({ id }) => id);
    const { DestinationArn } = only(dev, 'AWS::ApiGatewayV2::Stage').properties.AccessLogSettings;
    const destinations = machines().flatMap(({ machine }) => machine.properties.LoggingConfiguration.Destinations);
    expect(destinations).toHaveLength(3);
    const used = JSON.stringify([DestinationArn, ...destinations]);
    for (const id of ids) expect(used).toContain(`"${id}"`);
    for (const { properties, deletion } of vended) {
      expect(properties.RetentionInDays).toBeGreaterThan(0);
      expect(deletion).toBe('Delete');
      expect(JSON.stringify(properties.LogGroupName)).toContain('AWS::StackName');
    }
    expect(new Set(vended.map(({ properties }) => JSON.stringify(properties.LogGroupName))).size).toBe(vended.length);
  });

  it('hands on the name of an error, never its text', () => {
    for (const { definition } of machines()) expect(JSON.stringify(definition)).not.toContain('Error.Cause');
  });
});
