import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { ActionFunction, type Deployment } from './constructs/action-function.ts';
import type { Mail } from './mail.ts';
import type { Workflow } from './routes.ts';

/** The schedules: every two minutes the sweep restarts work that has stopped. */
export function schedules(
  stack: Construct,
  deployment: Deployment,
  machines: Readonly<Record<Workflow, StateMachine>>,
  mail: Mail,
  undelivered: IQueue,
): ActionFunction {
  const { data } = deployment;
  const sweep = new ActionFunction(stack, 'jobs/sweep', deployment, {
    // A job that is ended without its workflow needs its results added up, which takes as long as the last step of one.
    timeout: Duration.minutes(15),
    memory: 1769,
    undelivered,
  })
    .writes(data)
    .readsVersions(data, 'imports/', 'uploads/')
    .readsBucket(data, 'work/')
    .writesBucket(data, 'work/', 'jobs/')
    .starts('import', machines.import)
    .starts('export', machines.export)
    .starts('segment-walk', machines['segment-walk'])
    .watches(machines.import)
    .watches(machines.export)
    .lists(machines['segment-walk'])
    .mails(mail);
  new Rule(stack, 'Sweep', {
    schedule: Schedule.rate(Duration.minutes(2)),
    targets: [
      new LambdaFunction(sweep.lambda, {
        deadLetterQueue: undelivered,
        retryAttempts: 0,
        maxEventAge: Duration.minutes(2),
      }),
    ],
  });
  return sweep;
}
