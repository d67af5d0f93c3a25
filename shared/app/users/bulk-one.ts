import { getMany } from '../../data/table/batches.ts';
import { AGAIN, retrying } from '../../data/table/retrying.ts';
import { claimOf, takenAmong } from '../../data/users/identifiers.ts';
import * as users from '../../data/users/users.ts';
import { type Applied, type Decision, decide, idOf, type Row, type Run } from '../../domain/imports/decide.ts';
import { isOurs } from './bulk-look.ts';

/** The most attempts at a row while other calls write the same items. */
const MOST_ATTEMPTS = 30;

/** The result of one attempt at a row; `fenced` when its new user's id has a tombstone, so that it needs another id. */
type Attempt = Applied | typeof AGAIN | 'fenced';

async function carryOut(decision: Decision, run: Run, now: number): Promise<Attempt> {
  if (decision.kind === 'over') return decision.applied;
  if (decision.kind === 'replace') {
    const { kind } = await users.replace(decision.before, decision.after, run.schema, now);
    return kind === 'done' ? decision.applied : AGAIN;
  }
  const { kind } = await users.create(decision.after, run.schema, now);
  if (kind === 'done') return decision.applied;
  if (kind === 'taken') return AGAIN;
  // An earlier run of this row created the user, and its identifiers were removed or moved since.
  return (await users.byId(decision.after.id)) ? decision.applied : 'fenced';
}

/**
 * Applies one row that a batch could not decide, with consistent reads and transactions, and repeats it after a conflict.
 *
 * @throws Busy
 */
export function applyOne(row: Row, run: Run, now: number): Promise<Applied> {
  let fences = 0;
  const attempt = async () => {
    const given = await Promise.all(
      row.given.map(async (one) => ({
        ...one,
        owner: await (isOurs(one) ? users.byId(one.value) : users.byIdentifier(one)),
      })),
    );
    const decision = decide(row, given, run, new Date(now).toISOString(), fences);
    const outcome = await carryOut(decision, run, now);
    if (outcome !== 'fenced') return outcome;
    fences += 1;
    return AGAIN;
  };
  return retrying('a row', attempt, MOST_ATTEMPTS);
}

/** Frees the identifiers that a row claimed for a user who was then not created. */
export async function release(row: Row, applied: Applied, run: Run, now: number): Promise<void> {
  if (applied.verdict === 'IMPORTED') return;
  const id = idOf(row, run, 0);
  const claims = row.given.filter((one) => !isOurs(one));
  const items = await getMany(
    claims.map((one) => claimOf(one, id)),
    { consistent: true },
  );
  const own = new Set(items.filter((item) => item.owner === id).map((item) => item.PK));
  await takenAmong(
    claims.filter((one) => own.has(claimOf(one, id).PK)),
    now,
  );
}
