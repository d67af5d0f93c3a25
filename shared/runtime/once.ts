import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as idempotency from '../data/idempotency.ts';
import { connected } from '../data/table.ts';
import { Problem, problemOf } from '../domain/errors.ts';
import { type Came, type Creates, Reply } from './contract.ts';

/** One run of a call: when it counts as begun, and the bytes that its ids are made of. */
export type Attempt = { readonly now: number; readonly chance: Uint8Array };

/** What a repeated call needs to know of its contract. */
type Repeatable<Output> = {
  readonly status?: number;
  readonly creates?: Creates<Output>;
  readonly writes?: false;
};

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

async function replayed<Output>(
  contract: Repeatable<Output>,
  memory: { readonly status: number; readonly id: string | null },
  run: Run<Output>,
  attempt: Attempt,
): Promise<Came<Output>> {
  const { creates } = contract;
  if (!creates || memory.id === null) return { output: await run(attempt), replayed: true, status: memory.status };
  const output = await creates.read(memory.id, attempt.now);
  if (output === null) throw new Problem('notFound', 'What this call made is not there any more.');
  return { output, replayed: true, status: memory.status };
}

/**
 * Runs a call so that repeating it with the same `Idempotency-Key` has one effect.
 *
 * Only successes are remembered, and of them the status and the id of what was made. A call that makes nothing of its own
 * is such that doing it again changes nothing: it is done again.
 */
export async function once<Output>(
  event: APIGatewayProxyEventV2,
  bytes: Buffer,
  apiKey: string,
  now: number,
  contract: Repeatable<Output>,
  run: Run<Output>,
): Promise<Came<Output>> {
  const key = contract.writes === false ? null : keyOf(event);
  if (key === null) return { output: await run({ now, chance: randomBytes(32) }), replayed: false };
  const name = idempotency.nameOf(apiKey, event.requestContext.http.method, event.rawPath, key);
  const chance = createHmac('sha256', connected().secret).update(`chance\n${name}`).digest();
  const recalled = await idempotency.begin(name, createHash('sha256').update(bytes).digest('base64url'), now);
  switch (recalled.kind) {
    case 'mismatch':
      throw new Problem('idempotencyMismatch', 'This Idempotency-Key was used for another body. Take a new one.');
    case 'inProgress':
      throw new Problem('inProgress', 'The first call is still running.', { headers: { 'retry-after': '1' } });
    case 'replay':
      return replayed(contract, recalled, run, { now, chance });
    case 'run':
      return remembered(name, contract, run, { now: recalled.startedAt, chance });
    default:
      return recalled satisfies never;
  }
}

async function remembered<Output>(
  name: string,
  contract: Repeatable<Output>,
  run: Run<Output>,
  attempt: Attempt,
): Promise<Came<Output>> {
  try {
    const output = await run(attempt);
    const made = contract.creates && !(output instanceof Reply) ? contract.creates.id(output) : null;
    await idempotency.finish(name, output instanceof Reply ? output.status : (contract.status ?? 200), made);
    return { output, replayed: false };
  } catch (error) {
    if (error instanceof Problem) await idempotency.forget(name);
    throw error;
  }
}
