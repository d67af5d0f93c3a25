import { ArnFormat, Aws, Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, Policy, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { ActionFunction } from './action-function.ts';

/** Errors of the Lambda service and of the network: they are retried more often than errors of a function. */
const serviceErrors = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
];

/** A state that calls a function. Every function is idempotent, so every state is retried. */
export function step(
  scope: Construct,
  name: string,
  action: ActionFunction,
  options: {
    readonly input?: Record<string, string>;
    readonly resultPath?: string;
    /** The names of errors for which a retry of the step is useless. */
    readonly final?: string[];
  } = {},
): LambdaInvoke {
  const timeout = action.lambda.timeout ?? Duration.minutes(15);
  const task = LambdaInvoke.jsonPath(scope, name, {
    lambdaFunction: action.lambda,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    taskTimeout: sfn.Timeout.duration(timeout.plus(Duration.seconds(30))),
    ...(options.input === undefined ? {} : { payload: sfn.TaskInput.fromObject(options.input) }),
    ...(options.resultPath === undefined ? {} : { resultPath: options.resultPath }),
  });
  const backOff = { backoffRate: 2, maxDelay: Duration.minutes(1), jitterStrategy: sfn.JitterType.FULL };
  if (options.final !== undefined) task.addRetry({ errors: options.final, maxAttempts: 0 });
  task.addRetry({ errors: serviceErrors, interval: Duration.seconds(1), maxAttempts: 8, ...backOff });
  task.addRetry({ errors: ['States.ALL'], interval: Duration.seconds(2), maxAttempts: 3, ...backOff });
  return task;
}

/** States that call a function until it answers `{ done: true }`: it saves its position when its time is over. */
export function untilDone(
  scope: Construct,
  name: string,
  action: ActionFunction,
  options: { readonly input?: Record<string, string>; readonly orElse?: sfn.IChainable; readonly end?: sfn.Pass } = {},
): sfn.Chain {
  const { orElse, end = new sfn.Pass(scope, `${name}: done`), ...rest } = options;
  const task = step(scope, name, action, { ...rest, resultPath: '$.state' });
  if (orElse !== undefined) task.addCatch(orElse, caught);
  const again = new sfn.Choice(scope, `${name} again?`);
  task.next(again);
  again.when(sfn.Condition.booleanEquals('$.state.done', false), task).otherwise(end);
  return sfn.Chain.custom(task, [end], end);
}

/** The label of every map: the metrics of its child executions are those of the machine `<arn of the machine>/<label>`. */
export const PARTS = 'Parts';

/**
 * A distributed map: one call for each entry of the manifest that the plan wrote to the bucket, many at a time.
 *
 * It tolerates every failure, so that the last step can report the parts that failed. No part has an output, since the
 * outputs of all parts together must stay under the 256 KB of a state.
 */
export function eachPart(
  scope: Construct,
  name: string,
  worker: ActionFunction,
  options: { readonly bucket: IBucket; readonly concurrency: number; readonly orElse: sfn.IChainable },
): sfn.DistributedMap {
  const map = sfn.DistributedMap.jsonPath(scope, name, {
    label: PARTS,
    itemReader: new sfn.S3JsonItemReader({ bucket: options.bucket, key: sfn.JsonPath.stringAt('$.manifest.key') }),
    maxConcurrency: options.concurrency,
    toleratedFailurePercentage: 100,
    mapExecutionType: sfn.StateMachineType.STANDARD,
    resultPath: sfn.JsonPath.DISCARD,
  });
  const end = new sfn.Pass(scope, `${name}: done`, { outputPath: sfn.JsonPath.DISCARD });
  map.itemProcessor(untilDone(scope, `${name}: part`, worker, { end }));
  map.addRetry({
    errors: ['States.ItemReaderFailed'],
    interval: Duration.seconds(2),
    maxAttempts: 3,
    backoffRate: 2,
    jitterStrategy: sfn.JitterType.FULL,
  });
  map.addCatch(options.orElse, caught);
  return map;
}

/** The path of a caught error: it is added to the input, whose ids the state that handles the error needs. */
export const caught: sfn.CatchProps = { errors: ['States.ALL'], resultPath: '$.error' };

/** The end of a run that failed: `action` records the failure in the job or the segment, then the run ends as failed. */
export function giveUp(scope: Construct, name: string, action: ActionFunction, ids: string[]): sfn.Chain {
  const input = Object.fromEntries(ids.map((id) => [id, sfn.JsonPath.stringAt(`$.${id}`)]));
  // The name of the error only: its cause is a message of a program, which may contain data.
  const note = step(scope, name, action, { input: { ...input, error: sfn.JsonPath.stringAt('$.error.Error') } });
  return note.next(
    new sfn.Fail(scope, `${name}: over`, { error: 'Failed', cause: 'The job or the segment says why.' }),
  );
}

/** A state machine that may only call the functions of its steps and read the manifests of its parts. */
export class Workflow extends Construct {
  readonly machine: sfn.StateMachine;

  constructor(
    scope: Construct,
    id: string,
    props: { start: sfn.IChainable; functions: ActionFunction[]; bucket: IBucket; timeout: Duration },
  ) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      inlinePolicies: { grants: grantsOf(props.functions, props.bucket) },
    });
    this.machine = new sfn.StateMachine(this, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromChainable(props.start),
      // The CDK would also allow every version of every function. The permissions of a run are those of this file.
      role: role.withoutPolicyUpdates(),
      timeout: props.timeout,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // Log groups with this prefix need no entry of their own in the resource policy of CloudWatch Logs, which has at
          // most 5,120 characters for an account.
          logGroupName: `/aws/vendedlogs/states/${Aws.STACK_NAME}/${scope.node.id}`,
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    // The CDK's own policy, which is attached to nothing, would also allow to start failed maps again by hand.
    this.machine.node.tryRemoveChild('DistributedMapPolicy');
    new Policy(this, 'MapRuns', { roles: [role], statements: mapRuns(this.machine) });
  }
}

function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions, resources });
}

function grantsOf(functions: ActionFunction[], bucket: IBucket): PolicyDocument {
  const deliveries = ['Create', 'Get', 'Update', 'Delete'].map((verb) => `logs:${verb}LogDelivery`);
  const policies = ['logs:ListLogDeliveries', 'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies'];
  const traces = ['PutTraceSegments', 'PutTelemetryRecords', 'GetSamplingRules', 'GetSamplingTargets'];
  return new PolicyDocument({
    statements: [
      allow(
        ['lambda:InvokeFunction'],
        functions.map((action) => action.lambda.functionArn),
      ),
      allow(['s3:GetObject'], [bucket.arnForObjects('work/*')]),
      // Neither the delivery of logs nor X-Ray supports resources in a policy.
      allow([...deliveries, ...policies, 'logs:DescribeLogGroups'], ['*']),
      allow(
        traces.map((verb) => `xray:${verb}`),
        ['*'],
      ),
    ],
  });
}

/** The ARN that all runs of a machine have in common: their names are made when they start. */
export function runsOf(machine: sfn.IStateMachine): string {
  const name = Fn.select(6, Fn.split(':', machine.stateMachineArn));
  return Stack.of(machine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${name}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/**
 * The permissions of a machine to start and to monitor the child executions of its distributed map. They are in a policy
 * apart from the role, since machine and role would otherwise depend on each other.
 */
function mapRuns(machine: sfn.StateMachine): PolicyStatement[] {
  return [
    allow(['states:StartExecution'], [machine.stateMachineArn]),
    allow(['states:DescribeExecution', 'states:StopExecution'], [runsOf(machine)]),
  ];
}
