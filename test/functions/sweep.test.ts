import { beforeEach, expect, test, vi } from 'vitest';
import { handler } from '../../functions/jobs/sweep.ts';
import { keepRunning } from '../../shared/app/jobs/keep-running.ts';
import { standing } from '../../shared/app/jobs/sweep.ts';
import { startWalk } from '../../shared/app/segments/start-walk.ts';
import { runningOf } from '../../shared/app/workflows/workflow.ts';
import * as segmentWork from '../../shared/data/segments/work.ts';

// No emulator does this on demand: a service that refuses one run and not the next.
vi.mock('../../shared/data/segments/work.ts', () => ({ takeUp: vi.fn() }));
vi.mock('../../shared/app/jobs/keep-running.ts', () => ({ keepRunning: vi.fn() }));
vi.mock('../../shared/app/workflows/workflow.ts', () => ({ runningOf: vi.fn() }));
vi.mock('../../shared/runtime/ready.ts', () => ({ ready: async () => {} }));
vi.mock('../../shared/app/segments/start-walk.ts', () => ({ startWalk: vi.fn() }));
vi.mock('../../shared/app/jobs/sweep.ts', () => ({ standing: vi.fn() }));

for (const name of [
  'BUCKET',
  'OPERATORS',
  'ALLOWED_RECIPIENTS',
  'IMPORT_MACHINE',
  'EXPORT_MACHINE',
  'SEGMENT_WALK_MACHINE',
]) {
  process.env[name] = '';
}

const sweep = () => handler({}, { getRemainingTimeInMillis: () => 60_000 });
const open = ['imp_1', 'imp_2'].map((id) => ({ id, type: 'csv-import' }));
const work = ['seg_1', 'seg_2'].map((segment) => ({ segment, ruleVersion: 1, attempt: 1 }));

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(standing).mockResolvedValue({ open, unnotified: [], errors: [] } as unknown as Awaited<
    ReturnType<typeof standing>
  >);
  vi.mocked(segmentWork.takeUp).mockResolvedValue(work as unknown as Awaited<ReturnType<typeof segmentWork.takeUp>>);
  vi.mocked(keepRunning).mockResolvedValue(true);
  vi.mocked(runningOf).mockResolvedValue([]);
});

test('what cannot be taken up holds up nothing else, and the sweep fails when all had their turn', async () => {
  vi.mocked(keepRunning).mockRejectedValueOnce(new Error('refused'));
  vi.mocked(startWalk).mockRejectedValueOnce(new Error('refused'));
  await expect(sweep()).rejects.toThrow();
  expect(vi.mocked(keepRunning).mock.calls.map(([, job]) => job)).toEqual(['imp_1', 'imp_2']);
  expect(vi.mocked(startWalk).mock.calls.map(([, segment]) => segment)).toEqual(['seg_1', 'seg_2']);
});

test('what could not be looked at fails the sweep when all else had its turn', async () => {
  const stood = { open, unnotified: [], errors: [new Error('refused')] };
  vi.mocked(standing).mockResolvedValue(stood as unknown as Awaited<ReturnType<typeof standing>>);
  await expect(sweep()).rejects.toThrow();
  expect(keepRunning).toHaveBeenCalledTimes(2);
});

test('walks are taken up when the jobs cannot be looked at', async () => {
  vi.mocked(standing).mockRejectedValue(new Error('refused'));
  await expect(sweep()).rejects.toThrow();
  expect(startWalk).toHaveBeenCalledTimes(2);
});

test('jobs are taken up when the runs of walks cannot be listed', async () => {
  vi.mocked(runningOf).mockRejectedValue(new Error('refused'));
  await expect(sweep()).rejects.toThrow();
  expect(keepRunning).toHaveBeenCalledTimes(2);
  expect(startWalk).not.toHaveBeenCalled();
});
