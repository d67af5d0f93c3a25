import { beforeEach, expect, test, vi } from 'vitest';
import { handler } from '../../functions/segments/on-profile-changed.ts';
import { follow } from '../../shared/app/segments/follow.ts';
import { requestRepairs } from '../../shared/app/segments/request-repairs.ts';
import type { ItemChange } from '../../shared/data/table/item-change.ts';

// No emulator does this on demand: a table that is busy, or refuses the items of one user.
vi.mock('../../shared/app/segments/follow.ts', () => ({ follow: vi.fn() }));
vi.mock('../../shared/app/segments/request-repairs.ts', () => ({ requestRepairs: vi.fn() }));
vi.mock('../../shared/runtime/ready.ts', () => ({ ready: async () => {} }));

process.env.TIME_ZONE = 'UTC';
process.env.REPAIR_QUEUE = 'https://sqs.us-east-1.amazonaws.com/000000000000/repairs';
process.env.DEFAULT_COUNTRY = '';

const record = (user: string) => ({
  dynamodb: { NewImage: { PK: { S: 'USERS#0' }, SK: { S: user } }, SequenceNumber: user },
});
const deliverRecords = (...users: string[]) => handler({ Records: users.map(record) } as Parameters<typeof handler>[0]);

const fault = (name: string, more: object) => Object.assign(new Error(name), { name, ...more });
const usersIn = (changes: readonly Pick<ItemChange, 'after'>[]) => changes.map(({ after }) => after?.SK);

/** Refuses every batch in which this user is. */
function refuse(user: string, error: Error): void {
  vi.mocked(follow).mockImplementation(async (changes) => {
    if (usersIn(changes).includes(user)) throw error;
    return [];
  });
}

beforeEach(() => vi.clearAllMocks());

test.each([
  ['is busy', fault('ThrottlingException', { $fault: 'client' })],
  ['has a fault of its own', fault('InternalServerError', { $fault: 'server' })],
  ['cannot be reached', fault('Error', { code: 'ECONNREFUSED' })],
  ['is in the middle of a transaction', fault('TransactionConflictException', { $fault: 'client' })],
])('a batch comes again, in order, when the table %s', async (_what, error) => {
  refuse('a', error);
  await expect(deliverRecords('a', 'b')).rejects.toBe(error);
  expect(requestRepairs).not.toHaveBeenCalled();
});

test.each([
  ['the table refuses', fault('ValidationException', { $fault: 'client' })],
  ['a mistake of the program stops', fault('TypeError', { code: 'ERR_INVALID_ARG_TYPE' })],
])('a user whom %s waits for repair alone, and the others of the batch are followed', async (_what, error) => {
  refuse('b', error);
  expect(await deliverRecords('a', 'b', 'a', 'c')).toEqual({ batchItemFailures: [] });
  expect(requestRepairs).toHaveBeenCalledExactlyOnceWith(expect.anything(), ['b']);
  const followed = vi
    .mocked(follow)
    .mock.calls.slice(1)
    .map(([changes]) => usersIn(changes));
  expect(followed).toEqual([['a', 'a'], ['b'], ['c']]);
});

test('users whose items cannot be read wait for repair', async () => {
  vi.mocked(follow).mockResolvedValue([{ user: 'a', error: new TypeError('ada@example.com') }]);
  await deliverRecords('a', 'b');
  expect(requestRepairs).toHaveBeenCalledExactlyOnceWith(expect.anything(), ['a']);
});
