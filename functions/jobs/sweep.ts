import * as z from 'zod/mini';
import { failJob } from '../../shared/app/jobs/fail.ts';
import { standing } from '../../shared/app/jobs/sweep.ts';
import * as segmentWork from '../../shared/data/segments/work.ts';
import { inTurn } from '../../shared/domain/in-parallel.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { keepRunning } from '../../shared/runtime/keep-running.ts';
import { log } from '../../shared/runtime/log.ts';
import { notify } from '../../shared/runtime/notify.ts';
import { startWalk } from '../../shared/runtime/start-walk.ts';
import { step } from '../../shared/runtime/step.ts';

async function sweepJobs(now: number): Promise<void> {
  const bucket = deploymentBucket();
  const recipients = { operators: env.operators, allowed: env.allowedRecipients };
  const { open, untold, errors } = await standing({ bucket, recipients, now });
  await inTurn([
    ...open.map(({ id, type }) => async () => {
      if (await keepRunning(type === 'csv-import' ? env.importMachine : env.exportMachine, id)) return;
      log.error('a job was given up', { job: id });
      await notify(await failJob(bucket, id, 'internal', now), now);
    }),
    ...untold.map((job) => () => notify(job, now)),
    ...errors.map((error) => () => Promise.reject(error)),
  ]);
}

async function sweepWalks(now: number): Promise<void> {
  const taken = await segmentWork.takeUp(now);
  await inTurn(
    taken.map(
      ({ segment, ruleVersion, attempt }) =>
        () =>
          startWalk(segment, ruleVersion, attempt),
    ),
  );
}

/** Takes up what stands still: lost notifications, files that never came, workflows that broke off, mails that failed. */
export const handler = step(z.object({}), (_, { now }) => inTurn([() => sweepJobs(now), () => sweepWalks(now)]));
