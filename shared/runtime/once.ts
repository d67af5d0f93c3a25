import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as idempotency from '../data/access/idempotency.ts';
import { connected } from '../data/table/client.ts';
import { type PlacedFault, Problem } from '../domain/errors.ts';
import type { Reading } from '../domain/report.ts';
import { type Outcome, type Replay, Reply } from './contract.ts';

/** One run of a call: when it counts as begun, and the bytes that its ids are made of. */
type Attempt = { readonly now: number; readonly entropy: Uint8Array };

/** The parts of a contract that a repeated call needs. */
type Repeatable<Body, Output> = { readonly status?: number; readonly replay?: Replay<Body, Output> };

/** A call that may be a repeat: what came, as it was sent and as it was read, from whom, and when. */
type Asked<Body> = {
  readonly event: APIGatewayProxyEventV2;
  /** The caller's name for this call; null when it is not to be remembered. */
  readonly key: string | null;
  readonly bytes: Buffer;
  readonly body: Body;
  readonly apiKey: { readonly id: string };
  readonly now: number;
};

type Recalling<Body, Output> = {
  readonly contract: Repeatable<Body, Output>;
  readonly body: Body;
};

type Run<Output> = (attempt: Attempt) => Promise<Output | Reply> | Output | Reply;

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

const NOT_A_KEY: PlacedFault = {
  header: 'Idempotency-Key',
  code: 'notAllowed',
  detail: 'Give 1 to 255 visible ASCII characters.',
};

/** The key by which a call is known when it is repeated; null where none is given, or none is looked at. */
export function idempotencyKeyOf(
  event: APIGatewayProxyEventV2,
  { writes }: { readonly writes?: false },
): Reading<string | null> {
  const header = event.headers['idempotency-key'];
  if (header === undefined || event.requestContext.http.method !== 'POST' || writes === false) return { value: null };
  const [, quoted] = /^"(.*)"$/.exec(header) ?? [];
  const key = quoted ?? header;
  return KEY_PATTERN.test(key) ? { value: key } : { faults: [NOT_A_KEY] };
}

async function outputAgain<Body, Output>(
  { contract: { replay }, body }: Recalling<Body, Output>,
  { id, numbers = [] }: idempotency.Done,
  run: Run<Output>,
  attempt: Attempt,
): Promise<Output | Reply> {
  if (!replay) return run(attempt);
  const output = await replay.answer({ id: id ?? '', numbers }, { body, now: attempt.now });
  if (output === null) throw new Problem('notFound', 'What this call made is not there any more.');
  return output;
}

/**
 * Runs a call so that repeating it with the same `Idempotency-Key` has one effect.
 *
 * Only successes are remembered: the status, and what the contract's `replay` keeps. A call without one is such that
 * running it again changes nothing: it runs again.
 */
export async function once<Body, Output>(
  { event, key, bytes, body, apiKey, now }: Asked<Body>,
  contract: Repeatable<Body, Output>,
  run: Run<Output>,
): Promise<Outcome<Output>> {
  if (key === null) return { output: await run({ now, entropy: randomBytes(32) }), replayed: false };
  const name = idempotency.nameOf(apiKey.id, event.requestContext.http.method, event.rawPath, key);
  const entropy = createHmac('sha256', connected().secret).update(`chance\n${name}`).digest();
  const asked = { contract, body };
  const recalled = await idempotency.begin(name, createHash('sha256').update(bytes).digest('base64url'), now);
  switch (recalled.kind) {
    case 'mismatch':
      throw new Problem('idempotencyMismatch', 'This Idempotency-Key was used for another body. Take a new one.');
    case 'inProgress':
      throw new Problem('inProgress', 'The first call is still running.', { headers: { 'retry-after': '1' } });
    case 'replay': {
      const output = await outputAgain(asked, recalled.done, run, { now, entropy });
      return { output, replayed: true, status: recalled.done.status };
    }
    case 'run':
      return remembered(name, asked, run, { now: recalled.startedAt, entropy });
    default:
      return recalled satisfies never;
  }
}

/** What is remembered of an answer. */
function doneBy<Body, Output>({ contract, body }: Recalling<Body, Output>, output: Output | Reply): idempotency.Done {
  if (output instanceof Reply) return { status: output.status, id: null };
  const { id = null, numbers } = contract.replay?.remember(output, body) ?? {};
  return { status: contract.status ?? 200, id, ...(numbers && { numbers }) };
}

async function remembered<Body, Output>(
  name: string,
  asked: Recalling<Body, Output>,
  run: Run<Output>,
  attempt: Attempt,
): Promise<Outcome<Output>> {
  try {
    const output = await run(attempt);
    await idempotency.finish(name, doneBy(asked, output));
    return { output, replayed: false };
  } catch (error) {
    if (error instanceof Problem) await idempotency.forget(name);
    // What broke the call off may stand in the way of this too; then the hold ends by itself.
    else await idempotency.release(name).catch(() => undefined);
    throw error;
  }
}
