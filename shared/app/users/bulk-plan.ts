import { keepsIdentifiers } from '../../data/users/identifiers.ts';
import {
  type Applied,
  type Decision,
  decide,
  idOf,
  isLasting,
  type Row,
  type Run,
} from '../../domain/imports/decide.ts';
import type { Profile, Verdict } from '../../domain/users/user.ts';
import { type Claimed, isUnsure, type Known, type Looked, lookedUp } from './bulk-look.ts';

/** The write of one user whom rows of a batch name: one, whatever their number, or none. */
export type Writing = {
  /** The profile that was read; null of a user who is to be made. */
  readonly before: Profile | null;
  after: Profile;
  /** The identifiers of the row that makes the user. */
  readonly claims: readonly Looked[];
  /** The rows that depend on this user, by position. */
  readonly rows: number[];
  /** The verdicts that are kept in the user's mark with this write, by line. */
  readonly verdicts: [number, Verdict][];
  /** Identifiers of the user change: they find nobody reliably until that is written. */
  closed: boolean;
};

/** The decisions for the rows of a batch: null for those that wait, `alone` those that have to be looked at one by one. */
export type Plan = {
  readonly applied: (Applied | null)[];
  readonly alone: Set<number>;
  /** Users who are to be made. */
  readonly born: Writing[];
  /** The writes of users whom rows may name again, by id. */
  readonly writings: Map<string, Writing>;
};

/** The rows of a batch. Of two that share an identifier, both have the same number in `chains`; without, no two do. */
export type Batch = {
  readonly rows: readonly Row[];
  readonly claims: readonly (readonly Claimed[])[];
  readonly known: Known;
  readonly chains: readonly number[] | null;
  readonly run: Run;
  readonly now: string;
};

/** A row whose turn it is. */
type Turn = { readonly row: Row; readonly index: number; readonly given: readonly Looked[]; readonly isFirst: boolean };

/** Notes that a row depends on the users whom its identifiers find. */
function depend({ index, given }: Turn, { writings }: Plan): void {
  for (const { owner } of given) {
    const writing = owner && writings.get(owner.id);
    if (writing && writing.rows.at(-1) !== index) writing.rows.push(index);
  }
}

function writingOf(profile: Profile, { writings }: Plan): Writing {
  const begun = writings.get(profile.id);
  if (begun) return begun;
  const writing: Writing = { before: profile, after: profile, claims: [], rows: [], verdicts: [], closed: false };
  writings.set(profile.id, writing);
  return writing;
}

function takeCreate(turn: Turn, decision: Extract<Decision, { kind: 'create' }>, plan: Plan, batch: Batch): boolean {
  // Behind rows that failed, it might give these another fault when they are applied again.
  if (!turn.isFirst) return false;
  const { after } = decision;
  const { row, index, given } = turn;
  const verdicts: [number, Verdict][] = [[row.line, 'IMPORTED']];
  const writing: Writing = { before: null, after, claims: given, rows: [index], verdicts, closed: false };
  plan.born.push(writing);
  if (!batch.chains) return true;
  plan.writings.set(after.id, writing);
  batch.known.profiles.set(after.id, after);
  for (const { at } of given) if (at) batch.known.owners.set(at.PK, after.id);
  return true;
}

function takeReplace(turn: Turn, decision: Extract<Decision, { kind: 'replace' }>, plan: Plan, batch: Batch): boolean {
  const { before, after, applied } = decision;
  const isKept = keepsIdentifiers(before, after, batch.run.schema);
  if (!isKept && (!turn.isFirst || plan.writings.has(before.id))) return false;
  const writing = writingOf(before, plan);
  writing.after = after;
  writing.closed = !isKept;
  writing.verdicts.push([turn.row.line, applied.verdict]);
  batch.known.profiles.set(after.id, after);
  return true;
}

/** A row for which nothing is to be written: a fault that may not last has to stand alone in its chain. */
function takeOver({ row, given, isFirst }: Turn, { applied }: Decision, plan: Plan): boolean {
  if (!isLasting(applied)) return isFirst;
  const id = 'id' in applied ? applied.id : null;
  const owner = given.find((one) => one.owner?.id === id)?.owner;
  if (owner) writingOf(owner, plan).verdicts.push([row.line, applied.verdict]);
  return true;
}

function take(turn: Turn, decision: Decision, plan: Plan, batch: Batch): boolean {
  switch (decision.kind) {
    case 'over':
      return takeOver(turn, decision, plan);
    case 'create':
      return takeCreate(turn, decision, plan, batch);
    case 'replace':
      return takeReplace(turn, decision, plan, batch);
    default:
      return decision satisfies never;
  }
}

/** Decides one row by what is known after those before it. Null when that is not enough: it waits, or is looked at alone. */
function decided(turn: Turn, plan: Plan, batch: Batch): Applied | null {
  const { row, given } = turn;
  const { run, now } = batch;
  if (given.some((one) => isUnsure(one, () => idOf(row, run, 0)))) return null;
  if (given.some(({ owner }) => owner && plan.writings.get(owner.id)?.closed)) return null;
  const decision = decide(row, given, run, now);
  if (!take(turn, decision, plan, batch)) return null;
  depend(turn, plan);
  return decision.applied;
}

/** True when the rows behind this one in its chain have to wait until its outcome is noted. */
function endsChain({ given }: Turn, applied: Applied | null, { writings }: Plan): boolean {
  if (!applied || !isLasting(applied)) return true;
  return given.some(({ owner }) => owner && writings.get(owner.id)?.closed);
}

/**
 * Decides the rows of a batch in their order, each by what those before it have made of the users whom it names, so that
 * every user is written once.
 *
 * A chain goes as far as each of its rows would come to the same if the batch was applied again after its writes: the
 * verdicts of a write are kept with it, and the rows that change who is meant, or whose fault may pass, wait
 * for a batch of their own. The first row of a chain never waits: where looking once is not enough, it stands alone.
 */
export function planned(batch: Batch): Plan {
  const { rows, claims, known, chains } = batch;
  const plan: Plan = { applied: [], alone: new Set(), born: [], writings: new Map() };
  const begun = new Set<number>();
  const ended = new Set<number>();
  const step = (row: Row, index: number, chain: number | undefined): Applied | null => {
    const isFirst = chain === undefined || !begun.has(chain);
    const turn: Turn = { row, index, given: lookedUp(claims[index] ?? [], known), isFirst };
    const applied = decided(turn, plan, batch);
    if (!applied && isFirst) plan.alone.add(index);
    if (chain === undefined) return applied;
    begun.add(chain);
    if (endsChain(turn, applied, plan)) ended.add(chain);
    return applied;
  };
  for (const [index, row] of rows.entries()) {
    const chain = chains?.[index];
    plan.applied.push(chain !== undefined && ended.has(chain) ? null : step(row, index, chain));
  }
  return plan;
}
