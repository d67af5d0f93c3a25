import { Duration } from 'aws-cdk-lib';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, S3OnFailureDestination, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { PROFILE_PREFIX } from '../shared/data/keys.ts';
import { ActionFunction, type Deployment } from './constructs/action-function.ts';
import { Workflow } from './constructs/workflow.ts';
import { segmentWalkWorkflow } from './workflows/segment-walk.ts';

/** The functions that update memberships: on the stream of profiles, on the repair queue, and in the walk of all users. */
export function segments(stack: Construct, deployment: Deployment, undelivered: IQueue) {
  const { queue: repairs, repair } = repairUser(stack, deployment, undelivered);
  const evaluator = onProfileChanged(stack, deployment, repairs);
  return { repairs, repair, evaluator, machine: walk(stack, deployment) };
}

function onProfileChanged(stack: Construct, deployment: Deployment, repairs: IQueue): ActionFunction {
  const { data } = deployment;
  const evaluator = new ActionFunction(stack, 'segments/on-profile-changed', deployment, {
    timeout: Duration.seconds(30),
  })
    .writes(data)
    .sends(repairs)
    .allow(
      ['GetRecords', 'GetShardIterator', 'DescribeStream', 'ListStreams'].map((verb) => `dynamodb:${verb}`),
      [data.table.tableStreamArn],
    )
    // Lambda chooses the prefix itself.
    .allow(['s3:PutObject'], [data.bucket.arnForObjects('aws/lambda/*')])
    .allow(['s3:ListBucket'], [data.bucket.bucketArn]);
  evaluator.lambda.addEventSource(
    new DynamoEventSource(data.table, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: [FilterCriteria.filter({ dynamodb: { Keys: { PK: { S: FilterRule.beginsWith(PROFILE_PREFIX) } } } })],
      batchSize: 100,
      parallelizationFactor: 4,
      bisectBatchOnError: true,
      // A batch fails only when the table is throttled or out of reach. Nothing corrects memberships after a change that is
      // given up, so only its age ends the retries. A user who cannot be handled is sent to the repair queue instead.
      retryAttempts: 10_000,
      maxRecordAge: Duration.hours(6),
      reportBatchItemFailures: true,
      onFailure: new S3OnFailureDestination(data.bucket),
    }),
  );
  return evaluator;
}

function repairUser(stack: Construct, deployment: Deployment, undelivered: IQueue) {
  const timeout = Duration.seconds(60);
  const queue = new Queue(stack, 'Repairs', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    visibilityTimeout: Duration.seconds(timeout.toSeconds() * 6),
    retentionPeriod: Duration.days(14),
    deadLetterQueue: { queue: undelivered, maxReceiveCount: 5 },
  });
  const repair = new ActionFunction(stack, 'segments/repair-user', deployment, { timeout })
    .writes(deployment.data)
    .allow(
      ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((verb) => `sqs:${verb}`),
      [queue.queueArn],
    );
  repair.lambda.addEventSource(
    new SqsEventSource(queue, { batchSize: 10, maxConcurrency: 4, reportBatchItemFailures: true }),
  );
  return { queue, repair };
}

function walk(stack: Construct, deployment: Deployment) {
  const scope = new Construct(stack, 'Segments');
  const { data, settings } = deployment;
  const step = (path: string) =>
    new ActionFunction(stack, path, deployment, { timeout: Duration.minutes(15), memory: 1769 });
  const steps = {
    plan: step('segments/plan-walk').reads(data).writesBucket(data, 'work/'),
    walkPart: step('segments/walk-part').writes(data),
    finish: step('segments/finish-walk').writes(data),
    sweep: step('segments/sweep-edges').writes(data),
    fail: step('segments/fail-walk').writes(data),
  };
  return new Workflow(scope, 'Workflow', {
    start: segmentWalkWorkflow(scope, steps, data.bucket, settings.concurrency),
    functions: Object.values(steps),
    bucket: data.bucket,
    timeout: Duration.hours(24),
  }).machine;
}
