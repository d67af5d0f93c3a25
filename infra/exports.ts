import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ActionFunction, type Deployment } from './constructs/action-function.ts';
import { Workflow } from './constructs/workflow.ts';
import type { Mail } from './mail.ts';
import { exportWorkflow } from './workflows/export.ts';

/** The export: its workflow writes users as pieces, joins these into one file, and mails a link. */
export function exports(stack: Construct, deployment: Deployment, mail: Mail, fail: ActionFunction) {
  const scope = new Construct(stack, 'Exports');
  const { data, settings } = deployment;
  const worker = { timeout: Duration.minutes(15), memory: 1769 };

  const plan = new ActionFunction(stack, 'exports/plan', deployment, worker)
    .writes(data)
    .readsBucket(data, 'work/')
    .writesBucket(data, 'work/');
  const writePart = new ActionFunction(stack, 'exports/write-part', deployment, worker)
    .writes(data)
    .readsBucket(data, 'work/')
    .writesBucket(data, 'work/');
  const finish = new ActionFunction(stack, 'exports/finish', deployment, worker)
    .writes(data)
    .readsBucket(data, 'work/')
    .writesBucket(data, 'work/', 'jobs/')
    .mails(mail);

  return new Workflow(scope, 'Workflow', {
    start: exportWorkflow(scope, { plan, writePart, finish, fail }, data.bucket, settings.concurrency),
    functions: [plan, writePart, finish, fail],
    bucket: data.bucket,
    timeout: Duration.hours(24),
  }).machine;
}
