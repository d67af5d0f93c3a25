import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { type RunningStack, startLocal } from '../support/local.ts';

let stack: RunningStack | undefined;
afterEach(() => stack?.stop());

type Job = {
  readonly id: string;
  readonly status: string;
  readonly progress: { readonly done: number; readonly total: number | null };
  readonly counts: Record<string, number>;
};

async function api<T>({ api: address, key }: RunningStack, path: string): Promise<T> {
  const answer = await fetch(`${address}${path}`, { headers: { authorization: `Bearer ${key}` } });
  return (await answer.json()) as T;
}

/** The only import there is, once `until` holds for it. */
async function job(running: RunningStack, until: (job: Job) => boolean): Promise<Job> {
  for (const end = Date.now() + 180_000; Date.now() < end; await sleep(50)) {
    const { data } = await api<{ data: Job[] }>(running, '/v1/logs?type=csv-import');
    const [one] = data;
    if (!one) continue;
    const seen = await api<Job>(running, `/v1/imports/${one.id}`);
    if (until(seen)) return seen;
  }
  throw new Error(`the import did not come so far:\n${running.output()}`);
}

test('promise 4: an import that is cut off by a power cut finishes after a restart, with the verdicts of one that was not', async () => {
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
  const before = await job(first, ({ progress }) => progress.done > 0);
  expect(before.status).toBe('running');
  await first.kill();
  const second = await startLocal({ memory: false, data: first.data });
  stack = second;
  const after = await job(second, ({ status }) => !['queued', 'running'].includes(status));
  expect(after).toMatchObject({
    id: before.id,
    status: 'succeeded',
    counts: { rows: 3_030, imported: 3_000, merged: 30, unchanged: 0, skipped: 0, failed: 0 },
  });
  const user = await api<{ properties: Record<string, string> }>(second, '/v1/users/userId:k-100');
  expect(user.properties).toMatchObject({ email: 'k100@example.com', city: 'Paris' });
}, 300_000);
