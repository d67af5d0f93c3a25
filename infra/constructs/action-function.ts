import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as Lambda, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { IDEMPOTENCY_PREFIX, JOBS_INDEX, RATE_PREFIX } from '../../shared/data/keys.ts';
import { bundleOf } from '../bundle.ts';
import type { Calls } from '../calls.ts';
import type { Mail } from '../mail.ts';
import { nameOf } from '../names.ts';
import type { Workflow } from '../routes.ts';
import type { Settings } from '../settings.ts';
import type { DataStack } from '../stacks/data.ts';
import { runsOf } from './workflow.ts';

/** What every function of a deployment is made from. */
export type Deployment = {
  readonly settings: Settings;
  readonly apiUrl: string;
  readonly data: DataStack;
  readonly calls: ReadonlyMap<string, Calls>;
};

/** What a function may ask for beyond the defaults. */
type Shape = { readonly timeout?: Duration; readonly memory?: number; readonly undelivered?: IQueue };

const machineVariable: Record<Workflow, string> = {
  import: 'IMPORT_MACHINE',
  export: 'EXPORT_MACHINE',
  'segment-walk': 'SEGMENT_WALK_MACHINE',
};

const reading = ['GetItem', 'BatchGetItem', 'Query', 'ConditionCheckItem'].map((name) => `dynamodb:${name}`);

/**
 * One function file as a Lambda, with its own log group and its own role.
 *
 * A role starts with nothing but its logs and traces. Each verb below says what the function may touch and adds the
 * environment that belongs to it; which actions that takes is read from the function's own code.
 */
export class ActionFunction extends Construct {
  readonly lambda: Lambda;
  readonly #path: string;
  readonly #deployment: Deployment;
  readonly #calls: Calls;
  readonly #grants = new PolicyDocument();

  constructor(scope: Construct, path: string, deployment: Deployment, shape: Shape = {}) {
    super(scope, nameOf(path));
    this.#path = path;
    this.#deployment = deployment;
    this.#calls = deployment.calls.get(path) ?? fail(`functions/${path}.ts is named in infra/, but is not there.`);
    const logs = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { grants: this.#grants },
    });
    this.lambda = new Lambda(this, 'Function', {
      description: path,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(bundleOf(path)),
      handler: 'index.handler',
      memorySize: shape.memory ?? 1024,
      timeout: shape.timeout ?? Duration.seconds(29),
      tracing: Tracing.ACTIVE,
      logGroup: logs,
      // The CDK adds no permission of its own: what a function may do stands in this file.
      role: role.withoutPolicyUpdates(),
      environment: { STAGE: deployment.settings.stage, API_URL: deployment.apiUrl },
      ...(shape.undelivered === undefined ? {} : { deadLetterQueue: shape.undelivered }),
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logs.logGroupArn]);
    // X-Ray knows no resources, so this is the one statement that names none.
    this.allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']);
    if (shape.undelivered !== undefined) this.allow(['sqs:SendMessage'], [shape.undelivered.queueArn]);
  }

  /** Adds one statement to the function's only policy. */
  allow(actions: string[], resources: string[], conditions?: Record<string, unknown>): this {
    this.#grants.addStatements(new PolicyStatement({ actions, resources, ...(conditions ? { conditions } : {}) }));
    return this;
  }

  /** Reads the table. */
  reads(data: DataStack): this {
    const write = this.#called('dynamodb').find((action) => !reading.includes(action));
    if (write !== undefined) fail(`functions/${this.#path}.ts calls ${write}, and is only to read the table.`);
    return this.#usesTable(data);
  }

  /** Reads and writes the table. */
  writes(data: DataStack): this {
    if (this.#called('dynamodb').every((action) => reading.includes(action)))
      fail(`functions/${this.#path}.ts never writes the table that it is to write.`);
    return this.#usesTable(data);
  }

  /** Answers holders of API keys: how often each has called stands in the table. */
  countsRequests(data: DataStack): this {
    return this.#inPartitions(data, RATE_PREFIX, ['PutItem', 'UpdateItem']);
  }

  /** Answers calls that are repeated with an `Idempotency-Key`: what each came to stands in the table. */
  recallsAnswers(data: DataStack): this {
    return this.#inPartitions(data, IDEMPOTENCY_PREFIX, ['PutItem', 'UpdateItem', 'DeleteItem']);
  }

  /** Reads objects under these prefixes of the bucket, and is told when one is absent. */
  readsBucket(data: DataStack, ...prefixes: string[]): this {
    this.set('BUCKET', data.bucket.bucketName).allow(['s3:GetObject'], objectsUnder(data, prefixes));
    // S3 takes the key of an absent object for the prefix of a listing: whoever may not list it is told 403 instead of 404.
    return this.allow(['s3:ListBucket'], [data.bucket.bucketArn], {
      StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) },
    });
  }

  /** Also reads objects under these prefixes as they were when they arrived, whatever took their keys since. */
  readsVersions(data: DataStack, ...prefixes: string[]): this {
    return this.readsBucket(data, ...prefixes).allow(['s3:GetObjectVersion'], objectsUnder(data, prefixes));
  }

  /** Writes objects under these prefixes of the bucket, whole or in parts. */
  writesBucket(data: DataStack, ...prefixes: string[]): this {
    const writing = ['s3:PutObject', 's3:AbortMultipartUpload'];
    const called = this.#called('s3').filter((action) => writing.includes(action));
    return this.set('BUCKET', data.bucket.bucketName).allow(called, objectsUnder(data, prefixes));
  }

  /** Starts runs of a workflow. */
  starts(name: Workflow, machine: IStateMachine): this {
    this.set(machineVariable[name], machine.stateMachineArn);
    return this.allow(['states:StartExecution'], [machine.stateMachineArn]);
  }

  /** Looks at the runs of a workflow: the names of runs are made when they start. */
  watches(machine: IStateMachine): this {
    return this.allow(['states:DescribeExecution'], [runsOf(machine)]);
  }

  /** Lists the runs of a workflow. */
  lists(machine: IStateMachine): this {
    return this.allow(['states:ListExecutions'], [machine.stateMachineArn]);
  }

  /** Puts users in line for repair. */
  sends(queue: IQueue): this {
    this.set('REPAIR_QUEUE', queue.queueUrl);
    return this.allow(['sqs:SendMessage'], [queue.queueArn]);
  }

  /** Sends mail, from the configured sender only. */
  mails(mail: Mail): this {
    this.set('SENDER', mail.sender);
    return this.allow(['ses:SendEmail'], mail.resources, { StringEquals: { 'ses:FromAddress': mail.sender } });
  }

  /** Sets one variable of the function's environment. */
  set(name: string, value: string): this {
    this.lambda.addEnvironment(name, value);
    return this;
  }

  #usesTable(data: DataStack): this {
    const { settings } = this.#deployment;
    const variables = {
      TABLE: data.table.tableName,
      SECRET: data.secret.secretArn,
      SHARDS: data.shards,
      RATE_PER_SECOND: String(settings.rate.perSecond),
      RATE_BURST: String(settings.rate.burst),
      KEY_CACHE_SECONDS: String(settings.keyCacheSeconds),
      TIME_ZONE: settings.timeZone,
      DEFAULT_COUNTRY: settings.defaultCountry ?? '',
      ALLOWED_RECIPIENTS: settings.allowedRecipients.join(','),
      OPERATORS: settings.operators.join(','),
    };
    for (const [name, value] of Object.entries(variables)) this.set(name, value);
    const { tableArn } = data.table;
    const called = this.#called('dynamodb');
    if (called.length > 0) this.allow(called, [tableArn]);
    if (this.#calls.queriesJobs) this.allow(['dynamodb:Query'], [`${tableArn}/index/${JOBS_INDEX.name}`]);
    return this.allow(['secretsmanager:GetSecretValue'], [data.secret.secretArn]);
  }

  /** The actions of one service that the function's own code calls. */
  #called(service: string): string[] {
    return [...this.#calls.actions].filter((action) => action.startsWith(`${service}:`)).sort();
  }

  /** What the function's own code calls, it may do in these partitions already. */
  #inPartitions(data: DataStack, prefix: string, operations: string[]): this {
    const actions = operations
      .map((operation) => `dynamodb:${operation}`)
      .filter((action) => !this.#calls.actions.has(action));
    if (actions.length === 0) return this;
    return this.allow(actions, [data.table.tableArn], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${prefix}*`] },
    });
  }
}

function objectsUnder(data: DataStack, prefixes: string[]): string[] {
  return prefixes.map((prefix) => data.bucket.arnForObjects(`${prefix}*`));
}

function fail(message: string): never {
  throw new Error(message);
}
