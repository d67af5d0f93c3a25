import { backOff } from '../../data/table/back-off.ts';
import { getMany } from '../../data/table/batches.ts';
import { claimOf, takenAmong } from '../../data/users/identifiers.ts';
import * as users from '../../data/users/users.ts';
import { type Applied, type Decision, decide, idOf, type Row, type Run } from '../../domain/imports/decide.ts';
import { isOurs } from './bulk-look.ts';

/** How often a row is resolved anew when others write what it needs. */
const MOST_TURNS = 30;

/** What one try at a row came to: it is over, or must be resolved anew, with the next id when this one was fenced off. */
type Turn = Applied | 'again' | 'fenced';

async function written(decision: Decision, run: Run, now: number): Promise<Turn> {
  if (decision.kind === 'over') return decision.applied;
  if (decision.kind === 'replace') {
    const { kind } = await users.replace(decision.before, decision.after, run.schema, now);
    return kind === 'done' ? decision.applied : 'again';
  }
  const { kind } = await users.create(decision.after, run.schema, now);
  if (kind === 'done') return decision.applied;
  if (kind === 'taken') return 'again';
  // An earlier run of this row made the user, and somebody has taken its identifiers away from it since.
  return (await users.byId(decision.after.id)) ? decision.applied : 'fenced';
}

/** Applies one row with consistent reads and transactions, as often as it takes: for what a batch could not decide. */
export async function applyOne(row: Row, run: Run, now: number): Promise<Applied> {
  let attempt = 0;
  for (let turn = 1; turn <= MOST_TURNS; turn += 1) {
    const given = await Promise.all(
      row.given.map(async (one) => ({
        ...one,
        owner: await (isOurs(one) ? users.byId(one.value) : users.byIdentifier(one)),
      })),
    );
    const decision = decide(row, given, run, new Date(now).toISOString(), attempt);
    const outcome = await written(decision, run, now);
    if (typeof outcome !== 'string') return outcome;
    if (outcome === 'fenced') attempt += 1;
    else await backOff(turn);
  }
  throw new Error('a row clashed with others too often');
}

/** Frees what a row claimed for a user who was not made after all. */
export async function release(row: Row, applied: Applied, run: Run, now: number): Promise<void> {
  if (applied.verdict === 'IMPORTED') return;
  const id = idOf(row, run, 0);
  const claims = row.given.filter((one) => !isOurs(one));
  const items = await getMany(
    claims.map((one) => claimOf(one, id).put),
    { consistent: true },
  );
  const own = new Set(items.filter((item) => item.owner === id).map((item) => item.PK));
  await takenAmong(
    claims.filter((one) => own.has(claimOf(one, id).put.PK)),
    now,
  );
}
