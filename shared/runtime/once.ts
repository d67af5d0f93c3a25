import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod/mini';
import * as idempotency from '../data/idempotency.ts';
import { connected } from '../data/table.ts';
import { Problem, problemOf } from '../domain/errors.ts';
import { type Came, type Creates, type Recalls, Reply } from './contract.ts';

/** One run of a call: when it counts as begun, and the bytes that its ids are made of. */
export type Attempt = { readonly now: number; readonly chance: Uint8Array };

/** What a repeated call needs to know of its contract. */
type Repeatable<Body, Output> = {
  readonly status?: number;
  readonly body?: z.ZodMiniType<Body>;
  readonly creates?: Creates<Output>;
  readonly recalls?: Recalls<Body, Output>;
  readonly writes?: false;
};

/** A contract, and the bytes of the body that a call came with. */
type Asked<Body, Output> = { readonly contract: Repeatable<Body, Output>; readonly bytes: Buffer };

type Run<Output> = (attempt: Attempt) => Promise<Output | Reply> | Output | Reply;

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

function keyOf(event: APIGatewayProxyEventV2): string | null {
  const header = event.headers['idempotency-key'];
  if (header === undefined || event.requestContext.http.method !== 'POST') return null;
  const [, quoted] = /^"(.*)"$/.exec(header) ?? [];
  const key = quoted ?? header;
  if (KEY_PATTERN.test(key)) return key;
  const detail = 'Give 1 to 255 visible ASCII characters.';
  throw problemOf([{ header: 'Idempotency-Key', code: 'notAllowed', detail }]);
}

/** How a call is recalled, and its body. What is wrong with a body was told before. */
function recallingOf<Body, Output>({ contract: { recalls, body }, bytes }: Asked<Body, Output>) {
  return recalls && body ? { recalls, body: body.parse(JSON.parse(bytes.toString('utf8'))) } : null;
}

async function outputAgain<Body, Output>(
  asked: Asked<Body, Output>,
  { id, numbers }: idempotency.Done,
  run: Run<Output>,
  attempt: Attempt,
): Promise<Output | Reply> {
  const recalling = numbers && recallingOf(asked);
  if (recalling) return recalling.recalls.answer(numbers, recalling.body);
  const { creates } = asked.contract;
  if (!creates || id === null) return run(attempt);
  const output = await creates.read(id, attempt.now);
  if (output === null) throw new Problem('notFound', 'What this call made is not there any more.');
  return output;
}

/**
 * Runs a call so that repeating it with the same `Idempotency-Key` has one effect.
 *
 * Only successes are remembered, and of them the status and the id of what was made, or what the contract recalls. Any
 * other call is such that doing it again changes nothing: it is done again.
 */
export async function once<Body, Output>(
  event: APIGatewayProxyEventV2,
  bytes: Buffer,
  apiKey: string,
  now: number,
  contract: Repeatable<Body, Output>,
  run: Run<Output>,
): Promise<Came<Output>> {
  const key = contract.writes === false ? null : keyOf(event);
  if (key === null) return { output: await run({ now, chance: randomBytes(32) }), replayed: false };
  const name = idempotency.nameOf(apiKey, event.requestContext.http.method, event.rawPath, key);
  const chance = createHmac('sha256', connected().secret).update(`chance\n${name}`).digest();
  const asked = { contract, bytes };
  const recalled = await idempotency.begin(name, createHash('sha256').update(bytes).digest('base64url'), now);
  switch (recalled.kind) {
    case 'mismatch':
      throw new Problem('idempotencyMismatch', 'This Idempotency-Key was used for another body. Take a new one.');
    case 'inProgress':
      throw new Problem('inProgress', 'The first call is still running.', { headers: { 'retry-after': '1' } });
    case 'replay': {
      const output = await outputAgain(asked, recalled.done, run, { now, chance });
      return { output, replayed: true, status: recalled.done.status };
    }
    case 'run':
      return remembered(name, asked, run, { now: recalled.startedAt, chance });
    default:
      return recalled satisfies never;
  }
}

/** What is remembered of an answer. */
function doneBy<Body, Output>(asked: Asked<Body, Output>, output: Output | Reply): idempotency.Done {
  if (output instanceof Reply) return { status: output.status, id: null };
  const { status = 200, creates } = asked.contract;
  const recalling = recallingOf(asked);
  const numbers = recalling?.recalls.numbers(output, recalling.body);
  return { status, id: creates ? creates.id(output) : null, ...(numbers && { numbers }) };
}

async function remembered<Body, Output>(
  name: string,
  asked: Asked<Body, Output>,
  run: Run<Output>,
  attempt: Attempt,
): Promise<Came<Output>> {
  try {
    const output = await run(attempt);
    await idempotency.finish(name, doneBy(asked, output));
    return { output, replayed: false };
  } catch (error) {
    if (error instanceof Problem) await idempotency.forget(name);
    throw error;
  }
}
