import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { alarms } from '../alarms.ts';
import { ActionFunction, type Deployment } from '../constructs/action-function.ts';
import { exports } from '../exports.ts';
import { imports } from '../imports.ts';
import { mail } from '../mail.ts';
import type { Workflow } from '../routes.ts';
import { schedules } from '../schedules.ts';
import { segments } from '../segments.ts';
import type { EdgeStack } from './edge.ts';

/** Everything that runs without an HTTP request: triggers, workflows, schedules and mail; and the alarms. */
export class WorkStack extends Stack {
  readonly machines: Readonly<Record<Workflow, StateMachine>>;

  constructor(scope: Construct, id: string, deployment: Deployment, edge: EdgeStack, props?: StackProps) {
    super(scope, id, props);
    const { data, settings } = deployment;
    const undelivered = new Queue(this, 'Undelivered', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const sender = mail(this, settings);
    const fail = new ActionFunction(this, 'jobs/fail', deployment, { timeout: Duration.minutes(15) })
      .writes(data)
      .readsVersions(data, 'imports/', 'uploads/')
      .readsBucket(data, 'work/')
      .writesBucket(data, 'work/', 'jobs/')
      .mails(sender);
    const { machine, evaluator, repair, repairs } = segments(this, deployment, undelivered);
    const { machine: importMachine, trigger } = imports(this, deployment, sender, fail, undelivered);
    this.machines = {
      import: importMachine,
      export: exports(this, deployment, sender, fail),
      'segment-walk': machine,
    };
    const sweeper = schedules(this, deployment, this.machines, sender, undelivered);
    alarms(this, settings, {
      api: edge.api,
      table: data.table,
      machines: Object.values(this.machines),
      evaluator: evaluator.lambda,
      triggers: [evaluator, repair, trigger, sweeper].map(({ lambda }) => lambda),
      repairs,
      undelivered,
    });
  }
}
