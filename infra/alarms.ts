import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, type IMetric, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { PARTS } from './constructs/workflow.ts';
import type { Settings } from './settings.ts';

/** The parts of a deployment that the alarms watch. */
type Watched = {
  readonly api: HttpApi;
  readonly table: Table;
  readonly machines: readonly IStateMachine[];
  /** The functions that events, messages and schedules call. */
  readonly triggers: readonly IFunction[];
  /** The trigger on the stream of the table. */
  readonly evaluator: IFunction;
  readonly repairs: IQueue;
  readonly undelivered: IQueue;
};

/** `periods` of five minutes in a row, each at or above `threshold`, set off the alarm. */
type Rule = {
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly periods: number;
};

const period = Duration.minutes(5);

/**
 * At most ten alarms, mailed to the operators. Each watches a sum over many parts, and together they cover every failure
 * that is not the caller's: whatever a function logs as an error, functions that end without a line in the log, runs and
 * parts of workflows, messages that no attempt could handle, and work that waits too long.
 */
export function alarms(stack: Construct, settings: Settings, watched: Watched): void {
  const scope = new Construct(stack, 'Alarms');
  const action = new SnsAction(operatorsTopic(scope, settings, watched.undelivered));
  for (const [id, { description, periods, ...rest }] of Object.entries(rules(settings, watched))) {
    new Alarm(scope, id, {
      ...rest,
      alarmDescription: description,
      evaluationPeriods: periods,
      // None of the counts has a data point while nothing happens.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(action);
  }
}

function rules({ stage }: Settings, watched: Watched): Readonly<Record<string, Rule>> {
  const { api, table, machines, triggers, evaluator, repairs, undelivered } = watched;
  return {
    ErrorsLogged: {
      description: 'Functions log errors: search their log groups for the level ERROR.',
      metric: new Metric({
        namespace: 'Roster',
        metricName: 'Errors',
        dimensionsMap: { stage },
        statistic: 'Sum',
        period,
      }),
      threshold: 1,
      periods: 1,
    },
    ApiErrors: {
      description: 'The API answers with 5xx.',
      metric: api.metricServerError({ period, statistic: 'Sum' }),
      threshold: 5,
      periods: 2,
    },
    ApiSlow: {
      description: 'One answer in a hundred takes over 5 seconds.',
      metric: api.metricLatency({ period, statistic: 'p99' }),
      threshold: 5000,
      periods: 3,
    },
    TriggersFail: {
      description: 'The functions on the stream, a queue, the bucket or a schedule fail again and again.',
      metric: sumOf(triggers.map((trigger) => trigger.metricErrors({ period }))),
      threshold: 1,
      periods: 2,
    },
    StreamAge: {
      description: 'Segments lag behind changed profiles.',
      metric: evaluator.metric('IteratorAge', { period, statistic: 'Maximum' }),
      threshold: 60_000,
      periods: 3,
    },
    RepairAge: {
      description: 'Users wait for repair.',
      metric: repairs.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
      threshold: 900,
      periods: 1,
    },
    Undelivered: {
      description: 'A message was given up: read the dead-letter queue.',
      metric: undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      threshold: 1,
      periods: 1,
    },
    RunsFailed: {
      description: 'A run of a workflow failed: an import, an export, or a walk over the users for a segment.',
      metric: sumOf(
        machines.flatMap((machine) => [machine.metricFailed({ period }), machine.metricTimedOut({ period })]),
      ),
      threshold: 1,
      periods: 1,
    },
    PartsFailed: {
      description: 'A part of an import, an export or a walk failed for good. Its run may go on without it.',
      metric: sumOf(machines.map(partsFailed)),
      threshold: 1,
      periods: 1,
    },
    Throttled: {
      description: 'DynamoDB or Lambda refuses work.',
      metric: throttled(table),
      threshold: 50,
      periods: 3,
    },
  };
}

function operatorsTopic(scope: Construct, { operators }: Settings, undelivered: IQueue): Topic {
  const topic = new Topic(scope, 'Topic', { enforceSSL: true });
  for (const operator of operators) {
    topic.addSubscription(new EmailSubscription(operator, { deadLetterQueue: undelivered }));
  }
  // A topic with its own policy does not accept the alarms of its account by default.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  return topic;
}

/** The most metrics that CloudWatch allows in an alarm on an expression, where it does not allow SEARCH. */
const MOST_METRICS = 10;

/** The sum over those metrics that have a data point. */
function sumOf(metrics: readonly IMetric[]): MathExpression {
  if (metrics.length > MOST_METRICS) throw new Error(`An alarm watches at most ${MOST_METRICS} metrics.`);
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: `SUM([${Object.keys(usingMetrics).join(',')}])`, usingMetrics, period });
}

/** The child executions of a machine's map that failed. They are not among the failed runs of the machine itself. */
function partsFailed({ stateMachineArn }: IStateMachine): Metric {
  return new Metric({
    namespace: 'AWS/States',
    metricName: 'ExecutionsFailed',
    dimensionsMap: { StateMachineArn: `${stateMachineArn}/${PARTS}` },
    statistic: 'Sum',
    period,
  });
}

/**
 * Reads and writes that DynamoDB refused, by item, since the metric of whole requests leaves out a batch of which one item
 * went through; and calls that Lambda refused, over the whole account, whose functions share one limit.
 */
function throttled(table: Table): MathExpression {
  const events = ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) =>
    table.metric(name, { period, statistic: 'Sum' }),
  );
  return sumOf([...events, new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum', period })]);
}
