import { createHash, createHmac, randomBytes } from 'node:crypto';
import * as records from '../../data/access/idempotency.ts';
import { connected } from '../../data/table/client.ts';
import { Problem } from '../../domain/errors.ts';
import { type AnyContract, Reply } from '../contract.ts';
import type { ActionMiddleware, ActionRequest, Attempt, State } from '../pipeline.ts';

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64url');

/** The name of a call's record: one API key's idempotency key, for one method and path. */
function nameOf({ event, context: { state } }: ActionRequest, key: string): string {
  return records.nameOf(state.apiKey.id, event.requestContext.http.method, event.rawPath, key);
}

/** The bytes that a call's ids are made of, the same for every run of the call. */
const entropyOf = (name: string) => createHmac('sha256', connected().secret).update(`chance\n${name}`).digest();

/** Prepares the answer to a repeated call. A contract without a replay runs again, which changes nothing. */
async function recall({ replay }: AnyContract, done: records.Done, attempt: Attempt, state: State): Promise<void> {
  state.replayed = done.status;
  state.attempt = attempt;
  if (!replay) return;
  const { id, numbers = [] } = done;
  const output = await replay.answer({ id: id ?? '', numbers }, { body: state.asked.body, now: attempt.now });
  if (output === null) throw new Problem('notFound', 'What this call made is not there any more.');
  state.recalled = { output };
}

async function begin(contract: AnyContract, request: ActionRequest, key: string): Promise<void> {
  const { state } = request.context;
  const { now } = state;
  const name = nameOf(request, key);
  const entropy = entropyOf(name);
  const found = await records.begin(name, hashOf(state.body.bytes), now);
  switch (found.kind) {
    case 'mismatch':
      throw new Problem('idempotencyMismatch', 'This Idempotency-Key was used for another body. Take a new one.');
    case 'inProgress':
      throw new Problem('inProgress', 'The first call is still running.', { headers: { 'retry-after': '1' } });
    case 'replay':
      return recall(contract, found.done, { now, entropy }, state);
    case 'run':
      state.attempt = { now: found.startedAt, entropy };
      state.record = name;
      return;
    default:
      return found satisfies never;
  }
}

/** The part of an answer that is stored. */
function doneBy({ status = 200, replay }: AnyContract, output: unknown, { asked }: State): records.Done {
  if (output instanceof Reply) return { status: output.status, id: null };
  const { id = null, numbers } = replay?.remember(output, asked.body) ?? {};
  return { status, id, ...(numbers && { numbers }) };
}

/**
 * Makes a call that is repeated with its `Idempotency-Key` happen once: the first run is stored, and the others are
 * answered from it (422 for another body, 409 while the first runs).
 *
 * Only successes are stored: the status, and what the contract's replay remembers. After a problem the record is deleted;
 * after any other error the run may have been partly done, so the next call runs with the same time and entropy at once.
 */
export function idempotency(contract: AnyContract): ActionMiddleware {
  return {
    before: (request) => {
      const { state } = request.context;
      if (state.idempotencyKey !== null) return begin(contract, request, state.idempotencyKey);
      state.attempt = { now: state.now, entropy: randomBytes(32) };
      return undefined;
    },
    after: async ({ response, context: { state } }) => {
      if (state.record === undefined) return;
      await records.finish(state.record, doneBy(contract, response, state));
      state.record = undefined;
    },
    onError: async ({ error, context: { state } }) => {
      if (state.record === undefined) return;
      if (error instanceof Problem) await records.forget(state.record);
      // The cause of the error may stop this call too. Then the record is free when its time is over.
      else await records.release(state.record).catch(() => undefined);
    },
  };
}
