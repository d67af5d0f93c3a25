import { ArnFormat, Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as Lambda, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { JOBS_INDEX, RATE_PREFIX } from '../../shared/data/keys.ts';
import { bundleOf } from '../bundle.ts';
import type { Mail } from '../mail.ts';
import { nameOf } from '../names.ts';
import type { Workflow } from '../routes.ts';
import type { Settings } from '../settings.ts';
import type { DataStack } from '../stacks/data.ts';

/** What every function of a deployment is made from. */
export type Deployment = { readonly settings: Settings; readonly apiUrl: string; readonly data: DataStack };

/** What a function may ask for beyond the defaults. */
type Shape = { readonly timeout?: Duration; readonly memory?: number; readonly undelivered?: IQueue };

const machineVariable: Record<Workflow, string> = {
  import: 'IMPORT_MACHINE',
  export: 'EXPORT_MACHINE',
  'segment-walk': 'SEGMENT_WALK_MACHINE',
};

const readActions = ['GetItem', 'BatchGetItem', 'Query'];
const writeActions = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'ConditionCheckItem'];

/**
 * One function file as a Lambda, with its own log group and its own role.
 *
 * A role starts with nothing but its logs and traces; each verb below adds the environment and the permission that
 * belong together, so that a function has both or neither.
 */
export class ActionFunction extends Construct {
  readonly lambda: Lambda;
  readonly #deployment: Deployment;
  readonly #grants = new PolicyDocument();

  constructor(scope: Construct, path: string, deployment: Deployment, shape: Shape = {}) {
    super(scope, nameOf(path));
    this.#deployment = deployment;
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

  /** Reads the table. The one thing that a reader writes is how many requests its caller has made. */
  reads(data: DataStack): this {
    this.#usesTable(data).#onTable(data, readActions);
    return this.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem'], [data.table.tableArn], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${RATE_PREFIX}*`] },
    });
  }

  /** Reads and writes the table. */
  writes(data: DataStack): this {
    return this.#usesTable(data).#onTable(data, [...readActions, ...writeActions]);
  }

  /** Also puts new items in batches with a condition for each, which only PartiQL can. */
  writesInBulk(data: DataStack): this {
    return this.writes(data).#onTable(data, ['PartiQLInsert']);
  }

  /** Calls these operations on the table's items and no other. */
  calls(data: DataStack, ...operations: string[]): this {
    const actions = operations.map((operation) => `dynamodb:${operation}`);
    return this.#usesTable(data).allow(actions, [data.table.tableArn]);
  }

  /** Reads and lists what lies under these prefixes of the bucket. */
  readsBucket(data: DataStack, ...prefixes: string[]): this {
    this.set('BUCKET', data.bucket.bucketName);
    this.allow(
      ['s3:GetObject', 's3:GetObjectVersion'],
      prefixes.map((prefix) => data.bucket.arnForObjects(`${prefix}*`)),
    );
    // Whoever may not list is told that a missing object is forbidden. The condition holds for listings only.
    return this.allow(['s3:ListBucket'], [data.bucket.bucketArn], {
      StringLikeIfExists: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) },
    });
  }

  /** Writes objects under these prefixes of the bucket, whole or in parts. */
  writesBucket(data: DataStack, ...prefixes: string[]): this {
    this.set('BUCKET', data.bucket.bucketName);
    return this.allow(
      ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      prefixes.map((prefix) => data.bucket.arnForObjects(`${prefix}*`)),
    );
  }

  /** Starts runs of a workflow. */
  starts(name: Workflow, machine: IStateMachine): this {
    this.set(machineVariable[name], machine.stateMachineArn);
    return this.allow(['states:StartExecution'], [machine.stateMachineArn]);
  }

  /** Looks at the runs of a workflow: the names of runs are made when they start. */
  watches(machine: IStateMachine): this {
    const { stateMachineArn: arn } = machine;
    const name = Fn.select(6, Fn.split(':', arn));
    const runs = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${name}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return this.allow(['states:DescribeExecution'], [runs]);
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
    return this.allow(['secretsmanager:GetSecretValue'], [data.secret.secretArn]);
  }

  #onTable(data: DataStack, actions: string[]): this {
    const { tableArn } = data.table;
    this.allow(
      actions.map((action) => `dynamodb:${action}`),
      [tableArn],
    );
    return this.allow(['dynamodb:Query'], [`${tableArn}/index/${JOBS_INDEX.name}`]);
  }
}
