import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { key } from '../keys.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { get, put, remove, update } from '../table/operations.ts';

/** How long an answer is remembered, and how long a call may be under way before another may take it up, in ms. */
const LIFE = 86_400_000;
const UNDER_WAY = 60_000;

/** What a call came to: its status, what it made, by its id, and its answer in numbers. Never a body. */
const Done = z.object({
  status: z.number(),
  id: z.nullable(z.string()),
  numbers: z.exactOptional(z.readonly(z.array(z.number()))),
});
export type Done = z.infer<typeof Done>;

/** What is remembered of a call: what it was asked, by its hash, and what it came to. */
const Memory = z.object({
  request: z.string(),
  startedAt: z.number(),
  heldUntil: z.number(),
  done: z.optional(Done),
});
type Memory = z.infer<typeof Memory>;

/** What to do with a call that carries a key: run it, answer it again, or refuse it. */
export type Recalled =
  | { readonly kind: 'run'; readonly startedAt: number }
  | { readonly kind: 'replay'; readonly done: Done }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'inProgress' };

/** The name under which a call is remembered: one client's key, for one method and path. */
export function nameOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url');
}

/**
 * Begins a call that must have one effect, or finds it begun. Who takes up a call that died runs it with the time it
 * first began at, so that what it makes has the same id.
 */
export async function begin(name: string, request: string, now: number): Promise<Recalled> {
  const memory: Memory = { request, startedAt: now, heldUntil: now + UNDER_WAY };
  const expiresAt = Math.ceil((now + LIFE) / 1000);
  const item = { ...stamped('idempotency', { ...memory, expiresAt }), ...key.idempotency(name) };
  const free = {
    expression: 'attribute_not_exists(PK) OR expiresAt <= :now',
    values: { ':now': Math.floor(now / 1000) },
  };
  if (await put(item, free)) return { kind: 'run', startedAt: now };
  const found = await get(key.idempotency(name), now);
  return found ? judged(name, Memory.parse(bodyOf(found)), request, now) : begin(name, request, now);
}

async function judged(name: string, memory: Memory, request: string, now: number): Promise<Recalled> {
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

/** Remembers what a call came to, unless the call is forgotten: a record that is only this would have no end. */
export async function finish(name: string, done: Done): Promise<void> {
  const change = { expression: 'SET done = :done', values: { ':done': done } };
  await update(key.idempotency(name), change, { expression: 'attribute_exists(PK)' });
}

/** Lets go of a call that broke off, nobody knows how far it came: the next one of its key takes it up at once. */
export async function release(name: string): Promise<void> {
  const change = { expression: 'SET heldUntil = :over', values: { ':over': 0 } };
  await update(key.idempotency(name), change, { expression: 'attribute_exists(PK)' });
}

/** Forgets a call that made nothing: only successes are kept. */
export async function forget(name: string): Promise<void> {
  await remove(key.idempotency(name));
}
