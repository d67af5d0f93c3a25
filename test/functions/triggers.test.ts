import type { DynamoDBStreamEvent, SQSEvent } from 'aws-lambda';
import { beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { log } from '../../shared/runtime/log.ts';
import { queue } from '../../shared/runtime/queue.ts';
import { ready } from '../../shared/runtime/ready.ts';
import { step } from '../../shared/runtime/step.ts';
import { stream } from '../../shared/runtime/stream.ts';

// No emulator does this on demand: a table that cannot be opened.
vi.mock('../../shared/runtime/ready.ts', () => ({ ready: vi.fn() }));

const written = vi.spyOn(log, 'error').mockImplementation(() => undefined);
const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
const logged = () => JSON.stringify([...written.mock.calls, ...printed.mock.calls]);

beforeEach(() => {
  vi.clearAllMocks();
  vi.mocked(ready).mockResolvedValue(undefined);
});

const context = { getRemainingTimeInMillis: () => 10_000 };
const messages = (...bodies: string[]) =>
  ({ Records: bodies.map((body, n) => ({ body, messageId: `m${n}` })) }) as SQSEvent;

test('messages are handled in turn, those that fail are answered, and the log has none of what is in them', async () => {
  const handled: string[] = [];
  const handler = queue(async (message) => {
    handled.push(message);
    if (message !== 'good') throw new TypeError(`no ${message}`);
  });
  const answer = await handler(messages('ada@example.com', 'good', 'bob@example.com'));
  expect(handled).toEqual(['ada@example.com', 'good', 'bob@example.com']);
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm2' }] });
  expect(logged().match(/message failed/g)).toHaveLength(2);
  expect(logged()).not.toContain('example.com');
});

test('a function on a queue that cannot reach its table gives every message back', async () => {
  vi.mocked(ready).mockRejectedValue(new Error('no table'));
  const answer = await queue(async () => undefined)(messages('a', 'b'));
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm1' }] });
});

test('a step that fails shows its workflow the name of the error and nothing else', async () => {
  const handler = step(z.object({ job: z.string() }), async ({ job }) => {
    throw new RangeError(`no ${job}`);
  });
  const error: unknown = await handler({ job: 'ada@example.com' }, context).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'RangeError', message: 'see the log of the function' });
  expect(Object.getOwnPropertyNames(error).sort()).toEqual(['message', 'name']);
  expect(logged()).toContain('RangeError');
  expect(logged()).not.toContain('ada');
});

test('a step that fails because its file was replaced logs no error, for which an alarm would ring', async () => {
  const warned = vi.spyOn(log, 'warn').mockImplementation(() => undefined);
  const replaced = Object.assign(new Error('gone'), { name: 'fileReplaced' });
  await expect(step(z.object({}), () => Promise.reject(replaced))({}, context)).rejects.toThrow();
  expect(written).not.toHaveBeenCalled();
  expect(JSON.stringify(warned.mock.calls)).toContain('fileReplaced');
});

test('a step refuses an input of another shape before it runs', async () => {
  const run = vi.fn();
  await expect(step(z.object({ job: z.string() }), run)({ job: 5 }, context)).rejects.toThrow();
  expect(run).not.toHaveBeenCalled();
});

const records = {
  Records: [
    { dynamodb: { NewImage: { SK: { S: 'a' } }, ApproximateCreationDateTime: 5, SequenceNumber: '7' } },
    { dynamodb: { OldImage: { SK: { S: 'b' } }, SequenceNumber: '8' } },
  ],
} as unknown as DynamoDBStreamEvent;

test('a function on the stream sees absent images as null, and answers with the first change that failed', async () => {
  const seen = vi.fn();
  const handler = stream(async (changes) => {
    seen(changes);
    return '8';
  });
  expect(await handler(records)).toEqual({ batchItemFailures: [{ itemIdentifier: '8' }] });
  expect(seen).toHaveBeenCalledExactlyOnceWith([
    { before: null, after: { SK: 'a' }, at: 5_000, sequence: '7' },
    { before: { SK: 'b' }, after: null, at: 0, sequence: '8' },
  ]);
  expect(await stream(async () => null)(records)).toEqual({ batchItemFailures: [] });
});
