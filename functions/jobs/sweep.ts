import * as z from 'zod/mini';
import { failJob } from '../../shared/app/jobs/fail.ts';
import { inTurn } from '../../shared/app/jobs/in-turn.ts';
import { standing } from '../../shared/app/jobs/sweep.ts';
import * as segmentWork from '../../shared/data/segments/work.ts';
import { doesWork } from '../../shared/domain/segments/walk-run.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { keepRunning } from '../../shared/runtime/keep-running.ts';
import { log } from '../../shared/runtime/log.ts';
import { notify } from '../../shared/runtime/notify.ts';
import { runningOf } from '../../shared/runtime/running.ts';
import { startWalk } from '../../shared/runtime/start-walk.ts';
import { step } from '../../shared/runtime/step.ts';

async function sweepJobs(now: number): Promise<void> {
  const bucket = deploymentBucket();
  const recipients = { operators: env.operators, allowed: env.allowedRecipients };
  const { open, unnotified, errors } = await standing({ bucket, recipients, now });
  await inTurn([
    ...open.map(({ id, type }) => async () => {
      if (await keepRunning(type === 'csv-import' ? env.importMachine : env.exportMachine, id)) return;
      log.error('job given up', { job: id });
      await notify(await failJob(bucket, id, 'internal', now), now);
    }),
    ...unnotified.map((job) => () => notify(job, now)),
    ...errors.map((error) => () => Promise.reject(error)),
  ]);
}

async function sweepWalks(now: number): Promise<void> {
  const running = await runningOf(env.segmentWalkMachine);
  const taken = await segmentWork.takeUp(now, (work) => running.some((run) => doesWork(run, work)));
  await inTurn(
    taken.map(
      ({ segment, ruleVersion, attempt }) =>
        () =>
          startWalk(segment, ruleVersion, attempt),
    ),
  );
}

/** Takes up work that stands still: lost notifications, files that never came, runs that failed, mails that failed. */
export const handler = step(z.object({}), (_, { now }) => inTurn([() => sweepJobs(now), () => sweepWalks(now)]));
