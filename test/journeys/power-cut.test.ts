import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { clientOf } from '../support/stack/client.ts';
import { type RunningStack, startLocal } from '../support/stack/local.ts';

let stack: RunningStack | undefined;
afterEach(() => stack?.stop());

type Job = {
  readonly id: string;
  readonly status: string;
  readonly progress: { readonly done: number; readonly total: number | null };
  readonly counts: Record<string, number>;
};

/** The only job of a type that there is, or the newest, once `until` holds for it. */
async function job(running: RunningStack, type: string, until: (job: Job) => boolean): Promise<Job> {
  const call = clientOf(running);
  for (const end = Date.now() + 180_000; Date.now() < end; await sleep(50)) {
    const { body } = await call(`GET /v1/logs?type=${type}&limit=1`);
    const [one]: Job[] = body.data;
    if (one && until(one)) return one;
  }
  throw new Error(`the job did not come so far:\n${running.output()}`);
}

const hasEnded = ({ status }: Job) => !['queued', 'running'].includes(status);

/** The stack after a power cut, on the data that the other left. */
async function afterPowerCut(running: RunningStack): Promise<RunningStack> {
  await running.kill();
  stack = await startLocal({ memory: false, data: running.data });
  return stack;
}

/** Starts an export and answers while it runs. One that has ended before anybody saw it run is followed by another. */
async function exportUnderWay(running: RunningStack): Promise<void> {
  for (let status = ''; status !== 'running'; ) {
    const { body } = await clientOf(running)('POST /v1/exports', { notify: [] });
    ({ status } = await job(running, 'bulk-download', (one) => one.id === body.id && one.status !== 'queued'));
  }
}

/** The file of the newest export, when it has ended. */
async function fileOf(running: RunningStack): Promise<string> {
  const { id, status } = await job(running, 'bulk-download', hasEnded);
  expect(status).toBe('succeeded');
  const { body } = await clientOf(running)(`POST /v1/logs/${id}/links`, { name: 'users.csv' });
  return (await fetch(`${running.api}${new URL(body.url).pathname}`)).text();
}

test('promise 4: an import, and then an export, that a power cut ends finish after a restart, with the verdicts and the file of those that no power cut ended', async () => {
  const rows = Array.from(
    { length: 3_000 },
    (_, n) => `k-${n},k${n}@example.com,${n % 2 ? 'Rome' : 'Oslo'},${n % 3 ? 'free' : 'pro'}`,
  );
  // Each hundredth user comes again further down, with another city.
  const again = Array.from({ length: 30 }, (_, n) => `k-${n * 100},,Paris,`);
  const body = ['userId,email,city,plan', ...rows, ...again].join('\n');
  const first = await startLocal({ memory: false });
  stack = first;
  await first.bucket.send(new PutObjectCommand({ Bucket: first.s3.bucket, Key: 'imports/killed.csv', Body: body }));
  const before = await job(first, 'csv-import', ({ progress }) => progress.done > 0);
  expect(before.status).toBe('running');
  const second = await afterPowerCut(first);
  expect(await job(second, 'csv-import', hasEnded)).toMatchObject({
    id: before.id,
    status: 'succeeded',
    counts: { rows: 3_030, imported: 3_000, merged: 30, unchanged: 0, skipped: 0, failed: 0 },
  });
  const call = clientOf(second);
  const user = await call('GET /v1/users/userId:k-100');
  expect(user.body.properties).toMatchObject({ email: 'k100@example.com', city: 'Paris' });

  await call('POST /v1/exports', { notify: [] });
  const undisturbed = await fileOf(second);
  expect(undisturbed.split('\r\n')).toHaveLength(3_002);
  await exportUnderWay(second);
  expect(await fileOf(await afterPowerCut(second))).toBe(undisturbed);
}, 300_000);
