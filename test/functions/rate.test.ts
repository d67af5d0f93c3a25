import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { handler as list } from '../../functions/keys/list.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';

beforeAll(async () => {
  await startDeployment({ RATE_PER_SECOND: '1', RATE_BURST: '3' });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterAll(() => {
  vi.useRealTimers();
});

test('a key has its burst and not one request more, also where that is less than a process takes at once', async () => {
  const key = await keyWith('keys');
  const ask = () => send(list, 'GET /v1/keys', { key });
  const statuses: number[] = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await ask()).status);
  expect(statuses).toEqual([200, 200, 200]);
  const refused = await ask();
  expect(refused).toMatchObject({ status: 429, body: { code: 'rateLimited' }, headers: { 'retry-after': '3' } });
  vi.setSystemTime(Date.now() + 3_000);
  expect((await ask()).status).toBe(200);
});
