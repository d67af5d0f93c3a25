import * as z from 'zod/mini';
import * as segmentWork from '../../shared/data/segment-work.ts';
import { env } from '../../shared/runtime/env.ts';
import { keepRunning } from '../../shared/runtime/keep-running.ts';
import { log } from '../../shared/runtime/log.ts';
import { notify } from '../../shared/runtime/notify.ts';
import { startWalk } from '../../shared/runtime/start-walk.ts';
import { step } from '../../shared/runtime/step.ts';
import { openBucket } from '../../shared/storage/bucket.ts';
import { failJob } from '../../shared/work/fail.ts';
import { standing } from '../../shared/work/sweep.ts';

/** Takes up what stands still: lost notifications, files that never came, workflows that broke off, mails that failed. */
export const handler = step(z.object({}), async (_, { now }) => {
  const bucket = openBucket(env.bucket);
  const recipients = { operators: env.operators, allowed: env.allowedRecipients };
  const { open, untold } = await standing({ bucket, recipients, now });
  for (const { id, type } of open) {
    const machine = type === 'csv-import' ? env.importMachine : env.exportMachine;
    if (await keepRunning(machine, id)) continue;
    log.error('a job was given up', { job: id });
    await notify(await failJob(bucket, id, 'internal', now), now);
  }
  for (const job of untold) await notify(job, now);
  for (const { segment, ruleVersion, attempt } of await segmentWork.takeUp(now)) {
    await startWalk(segment, ruleVersion, attempt);
  }
});
