import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { key } from '../keys.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { get, put, remove, update } from '../table/operations.ts';
import { AGAIN, retrying } from '../table/retrying.ts';

/** The life of a record, and the time for which a call holds it before a repeated call may run again. In milliseconds. */
const LIFE = 86_400_000;
const UNDER_WAY = 60_000;

/** The result of a call: its status, the id of what it created, and its answer in numbers. Never a body. */
const Done = z.object({
  status: z.number(),
  id: z.nullable(z.string()),
  numbers: z.exactOptional(z.readonly(z.array(z.number()))),
});
export type Done = z.infer<typeof Done>;

/** The record of a call: the hash of its request, and its result. */
const Memory = z.object({
  request: z.string(),
  startedAt: z.number(),
  heldUntil: z.number(),
  done: z.optional(Done),
});
type Memory = z.infer<typeof Memory>;

/** The decision on a call with an idempotency key: run it, repeat the first answer, or refuse it. */
export type Recalled =
  | { readonly kind: 'run'; readonly startedAt: number }
  | { readonly kind: 'replay'; readonly done: Done }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'inProgress' };

/** The name of a call's record: one client's key, for one method and path. */
export function nameOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url');
}

/**
 * Begins a call that must have one effect, or finds it begun. A call that died is run again with the time of its first
 * run, so that what it creates has the same id.
 *
 * @throws Busy
 */
export function begin(name: string, request: string, now: number): Promise<Recalled> {
  const memory: Memory = { request, startedAt: now, heldUntil: now + UNDER_WAY };
  const expiresAt = Math.ceil((now + LIFE) / 1000);
  const item = { ...stamped('idempotency', { ...memory, expiresAt }), ...key.idempotency(name) };
  const free = {
    expression: 'attribute_not_exists(PK) OR expiresAt <= :now',
    values: { ':now': Math.floor(now / 1000) },
  };
  return retrying('an idempotent call', async () => {
    if (await put(item, free)) return { kind: 'run', startedAt: now };
    const found = await get(key.idempotency(name), now);
    return found ? recall(name, Memory.parse(bodyOf(found)), request, now) : AGAIN;
  });
}

async function recall(name: string, memory: Memory, request: string, now: number): Promise<Recalled> {
  if (memory.request !== request) return { kind: 'mismatch' };
  if (memory.done) return { kind: 'replay', done: memory.done };
  if (memory.heldUntil > now) return { kind: 'inProgress' };
  const taken = await update(
    key.idempotency(name),
    { expression: 'SET heldUntil = :until', values: { ':until': now + UNDER_WAY } },
    { expression: 'heldUntil = :seen', values: { ':seen': memory.heldUntil } },
  );
  return taken ? { kind: 'run', startedAt: memory.startedAt } : { kind: 'inProgress' };
}

/** Records the result of a call, unless its record was deleted: a record with nothing else would never expire. */
export async function finish(name: string, done: Done): Promise<void> {
  const change = { expression: 'SET done = :done', values: { ':done': done } };
  await update(key.idempotency(name), change, { expression: 'attribute_exists(PK)' });
}

/** Ends the hold of a call that broke off: the next call with its key runs at once. */
export async function release(name: string): Promise<void> {
  const change = { expression: 'SET heldUntil = :over', values: { ':over': 0 } };
  await update(key.idempotency(name), change, { expression: 'attribute_exists(PK)' });
}

/** Deletes the record of a call that failed: only successes are kept. */
export async function forget(name: string): Promise<void> {
  await remove(key.idempotency(name));
}
