import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ActionFunction, type Deployment } from './constructs/action-function.ts';
import { Workflow } from './constructs/workflow.ts';
import type { Mail } from './mail.ts';
import { importWorkflow } from './workflows/import.ts';

/** The prefix of dropped files, and with it that of files that are uploaded with the form of `POST /v1/imports`. */
const dropped = 'imports/';
const arriving = [dropped, 'uploads/'];

/** The import: a trigger makes a job of each new file, and a workflow runs the job. */
export function imports(
  stack: Construct,
  deployment: Deployment,
  mail: Mail,
  fail: ActionFunction,
  undelivered: IQueue,
) {
  const scope = new Construct(stack, 'Imports');
  const { data, settings } = deployment;
  const worker = { timeout: Duration.minutes(15), memory: 1769 };

  const plan = new ActionFunction(stack, 'imports/plan', deployment, { ...worker, memory: 3008 })
    .writes(data)
    .readsVersions(data, ...arriving)
    .readsBucket(data, 'work/')
    .writesBucket(data, 'work/');
  const apply = (path: string) =>
    new ActionFunction(stack, path, deployment, worker)
      .writes(data)
      .readsBucket(data, 'work/')
      .writesBucket(data, 'work/');
  const applyPart = apply('imports/apply-part').readsVersions(data, ...arriving);
  // The rows that it applies are in the work files of the parts.
  const applyRepeats = apply('imports/apply-repeats');
  const finish = new ActionFunction(stack, 'imports/finish', deployment, worker)
    .writes(data)
    .readsVersions(data, ...arriving)
    .readsBucket(data, 'work/')
    .writesBucket(data, 'work/', 'jobs/')
    .mails(mail);

  const { machine } = new Workflow(scope, 'Workflow', {
    start: importWorkflow(scope, { plan, applyPart, applyRepeats, finish, fail }, data.bucket, settings.concurrency),
    functions: [plan, applyPart, applyRepeats, finish, fail],
    bucket: data.bucket,
    timeout: Duration.hours(24),
  });
  return { machine, trigger: onFileDropped(stack, deployment, machine, undelivered) };
}

function onFileDropped(stack: Construct, deployment: Deployment, machine: StateMachine, undelivered: IQueue) {
  const { data } = deployment;
  const arrive = new ActionFunction(stack, 'imports/on-file-dropped', deployment, { undelivered })
    .writes(data)
    // What came with a form has its options in the job.
    .readsVersions(data, dropped)
    .starts('import', machine);
  new Rule(stack, 'FileDropped', {
    description: 'Every object that arrives becomes an import, whatever its name ends in.',
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: { bucket: { name: [data.bucket.bucketName] }, object: { key: arriving.map((prefix) => ({ prefix })) } },
    },
    targets: [
      new LambdaFunction(arrive.lambda, {
        deadLetterQueue: undelivered,
        retryAttempts: 24,
        maxEventAge: Duration.hours(6),
      }),
    ],
  });
  return arrive;
}
