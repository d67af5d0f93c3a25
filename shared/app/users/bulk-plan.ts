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

/** The write of one user in a batch: one for all rows that name the user, or none when they change nothing. */
export type Writing = {
  /** The profile that was read; null for a new user. */
  readonly before: Profile | null;
  after: Profile;
  /** The identifiers of the row that creates the user. */
  readonly claims: readonly Looked[];
  /** The positions of the rows that name this user. */
  readonly rows: number[];
  /** The verdicts that become final with this write, by line. */
  readonly verdicts: [number, Verdict][];
  /** The write changes identifiers of the user: until it is done, no row can be matched by them. */
  closed: boolean;
};

/** The decisions on the rows of a batch: null for rows that wait; `alone` has the rows that are applied one by one. */
export type Plan = {
  readonly applied: (Applied | null)[];
  readonly alone: Set<number>;
  /** The new users. */
  readonly born: Writing[];
  /** The writes of users whom later rows may name, by user id. */
  readonly writings: Map<string, Writing>;
};

/** The rows of a batch. Rows that share an identifier have the same number in `chains`; it is null when no two do. */
export type Batch = {
  readonly rows: readonly Row[];
  readonly claims: readonly (readonly Claimed[])[];
  readonly known: Known;
  readonly chains: readonly number[] | null;
  readonly run: Run;
  readonly now: string;
};

/** The row that is decided now. */
type Turn = { readonly row: Row; readonly index: number; readonly given: readonly Looked[]; readonly isFirst: boolean };

/** Adds a row to the writes of the users whom its identifiers name. */
function addToWritings({ index, given }: Turn, { writings }: Plan): void {
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
  // An earlier row of the chain that failed could get another fault, if it were applied again after this user exists.
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

/** Takes a row that needs no write. A fault that a later write may remove is final only for the first row of a chain. */
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

/** Decides one row by the state after the rows before it. Null when it has to wait, or to be applied alone. */
function decided(turn: Turn, plan: Plan, batch: Batch): Applied | null {
  const { row, given } = turn;
  const { run, now } = batch;
  if (given.some((one) => isUnsure(one, () => idOf(row, run, 0)))) return null;
  if (given.some(({ owner }) => owner && plan.writings.get(owner.id)?.closed)) return null;
  const decision = decide(row, given, run, now);
  if (!take(turn, decision, plan, batch)) return null;
  addToWritings(turn, plan);
  return decision.applied;
}

/** True when the later rows of the chain have to wait until the result of this row is saved. */
function endsChain({ given }: Turn, applied: Applied | null, { writings }: Plan): boolean {
  if (!applied || !isLasting(applied)) return true;
  return given.some(({ owner }) => owner && writings.get(owner.id)?.closed);
}

/**
 * Decides the rows of a batch in their order, each by the state of its users after the rows before it, so that every user
 * is written once.
 *
 * A chain is decided up to the last row whose result would be the same if the batch was applied again after its writes.
 * For this, each write stores the verdicts that become final with it, and a row that changes identifiers, or whose fault
 * a later write may remove, waits for the next batch. The first row of a chain never waits: when the batched reads do not
 * decide it, it is applied alone.
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
