import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** What is watched: sums over many parts, so that there are few alarms and each is worth waking somebody. */
type Watched = {
  readonly api: HttpApi;
  readonly table: Table;
  readonly machines: readonly IStateMachine[];
  readonly evaluator: IFunction;
  readonly sweeper: IFunction;
  readonly repairs: IQueue;
  readonly undelivered: IQueue;
};

const period = Duration.minutes(5);

/** At most ten alarms, told to the operators. */
export function alarms(stack: Construct, settings: Settings, watched: Watched): void {
  const scope = new Construct(stack, 'Alarms');
  const topic = new Topic(scope, 'Topic', { enforceSSL: true });
  for (const operator of settings.operators) {
    topic.addSubscription(new EmailSubscription(operator, { deadLetterQueue: watched.undelivered }));
  }
  // A topic with a policy of its own no longer lets the alarms of its account in by itself.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  const tell = new SnsAction(topic);
  const alarm = (id: string, alarmDescription: string, metric: IMetric, threshold: number, evaluationPeriods = 1) =>
    new Alarm(scope, id, {
      alarmDescription,
      metric,
      threshold,
      evaluationPeriods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(tell);

  const { api, evaluator, sweeper, repairs, undelivered } = watched;
  alarm('ApiErrors', 'The API answers with 5xx.', api.metricServerError({ period, statistic: 'Sum' }), 5, 2);
  alarm(
    'ApiSlow',
    'One answer in a hundred takes over 5 seconds.',
    api.metricLatency({ period, statistic: 'p99' }),
    5000,
    3,
  );
  alarm(
    'StreamAge',
    'Segments lag behind changed profiles.',
    evaluator.metric('IteratorAge', { period, statistic: 'Maximum' }),
    60_000,
    3,
  );
  alarm('StreamErrors', 'The evaluator of segments fails.', evaluator.metricErrors({ period }), 5, 2);
  alarm(
    'RepairAge',
    'Users wait for repair.',
    repairs.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
    900,
  );
  alarm(
    'Undelivered',
    'Something was given up: read the queue.',
    undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
    1,
  );
  alarm('SweeperErrors', 'Nobody takes up what stands still.', sweeper.metricErrors({ period }), 1, 2);
  alarm('RunsFailed', 'An import, an export or a walk over a segment failed.', runsFailed(watched.machines), 1);
  alarm('TableThrottled', 'DynamoDB refuses work.', throttled(watched.table), 50, 3);
}

/** A sum over those that are there: none of these is reported while nothing happens. */
function sumOf(metrics: readonly IMetric[]): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: `SUM([${Object.keys(usingMetrics).join(',')}])`, usingMetrics, period });
}

/** Runs that failed or ran out of time, over all machines. */
function runsFailed(machines: readonly IStateMachine[]): MathExpression {
  return sumOf(machines.flatMap((machine) => [machine.metricFailed({ period }), machine.metricTimedOut({ period })]));
}

/** Refused reads and writes, by item: the metric of whole requests leaves out a batch of which one item went through. */
function throttled(table: Table): MathExpression {
  const events = ['ReadThrottleEvents', 'WriteThrottleEvents'];
  return sumOf(events.map((name) => table.metric(name, { period, statistic: 'Sum' })));
}
