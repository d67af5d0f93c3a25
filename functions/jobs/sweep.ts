import * as z from 'zod/mini';
import { failJob } from '../../shared/app/jobs/fail.ts';
import { inTurn } from '../../shared/app/jobs/in-turn.ts';
import { keepRunning } from '../../shared/app/jobs/keep-running.ts';
import { notify } from '../../shared/app/jobs/notify.ts';
import { standing } from '../../shared/app/jobs/sweep.ts';
import { startWalk } from '../../shared/app/segments/start-walk.ts';
import { runningOf } from '../../shared/app/workflows/workflow.ts';
import * as segmentWork from '../../shared/data/segments/work.ts';
import { doesWork } from '../../shared/domain/segments/walk-run.ts';
import { deploymentBucket, exportWorkflow, importWorkflow, segmentWalkWorkflow } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { log } from '../../shared/runtime/log.ts';
import { mailing } from '../../shared/runtime/mailing.ts';
import { step } from '../../shared/runtime/step.ts';

async function sweepJobs(now: number): Promise<void> {
  const bucket = deploymentBucket();
  const recipients = { operators: env.operators, allowed: env.allowedRecipients };
  const { open, unnotified, errors } = await standing({ bucket, recipients, now });
  await inTurn([
    // Mails first: ending a job may take longer than the time to the next sweep, which would send them again.
    ...unnotified.map((job) => () => notify(job, mailing(), now)),
    ...open.map(({ id, type }) => async () => {
      if (await keepRunning(type === 'csv-import' ? importWorkflow() : exportWorkflow(), id)) return;
      log.error('job given up', { job: id });
      await notify(await failJob(bucket, id, 'internal', now), mailing(), now);
    }),
    ...errors.map((error) => () => Promise.reject(error)),
  ]);
}

async function sweepWalks(now: number): Promise<void> {
  const running = await runningOf(segmentWalkWorkflow());
  const taken = await segmentWork.takeUp(now, (work) => running.some((run) => doesWork(run, work)));
  await inTurn(
    taken.map(
      ({ segment, ruleVersion, attempt }) =>
        () =>
          startWalk(segmentWalkWorkflow(), segment, ruleVersion, attempt),
    ),
  );
}

/** Restarts work that has stopped: lost notifications, files that were not uploaded, failed runs and failed mails. */
export const handler = step(z.object({}), (_, { now }) => inTurn([() => sweepJobs(now()), () => sweepWalks(now())]));
