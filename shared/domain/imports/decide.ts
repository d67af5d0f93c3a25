import { entropyOf, ulid } from '../id.ts';
import type { Schema } from '../properties/property.ts';
import type { Change, RowFault } from '../users/change.ts';
import { type Given, whoIsMeant } from '../users/identity.ts';
import { merged, unborn, verdictOf } from '../users/merge.ts';
import type { Profile, RowMark, Verdict } from '../users/user.ts';

/** A row that could be read: the change of one user, and the identifiers that it gives, in order of rank (`id` is ours). */
export type Row = {
  readonly line: number;
  readonly change: Change;
  readonly given: readonly { readonly field: string; readonly value: string }[];
};

/** The things that all rows of one import share. `startedAt` is in milliseconds since 1970, and the same in every part. */
export type Run = {
  readonly job: string;
  readonly startedAt: number;
  readonly onConflict: 'update' | 'replace' | 'skip';
  readonly schema: Schema;
  /** The identifier that a column of the file is taken for by a guess, and the column's header. */
  readonly guess?: { readonly field: string; readonly header: string };
};

/** A warning about a row that was applied all the same. */
export type Note =
  | { readonly code: 'signedUpAtKept' | 'orderNotKept' | 'unknownId' }
  | { readonly code: 'identifierReplaced'; readonly field: string };

/** The outcome of a row. A row that failed changed nothing. */
export type Applied =
  | {
      readonly verdict: Exclude<Verdict, 'FAILED'>;
      readonly id: string;
      readonly userId: string | null;
      readonly notes: readonly Note[];
    }
  | { readonly verdict: 'FAILED'; readonly faults: readonly RowFault[]; readonly userId: string | null };

/** The write that a row needs: none, a new user, or one over the profile that was read. */
export type Decision =
  | { readonly kind: 'over'; readonly applied: Applied }
  | { readonly kind: 'create'; readonly after: Profile; readonly applied: Applied }
  | { readonly kind: 'replace'; readonly before: Profile; readonly after: Profile; readonly applied: Applied };

const textOf = (value: unknown) => (typeof value === 'string' ? value : null);

/** The company's own id in a row. */
const userIdIn = (row: Row) => textOf(row.change.properties.userId);

/** Faults about the user whom a row means: they stay the same when other rows of the file change other fields of these users. */
const LASTING: ReadonlySet<string> = new Set(['identifierTaken', 'identifierConflict', 'unknownId']);

/** True when a row that failed would fail alike after the rows that follow it. */
export const isLasting = (applied: Applied): boolean =>
  applied.verdict !== 'FAILED' || applied.faults.every(({ code }) => LASTING.has(code));

const failed = (row: Row, fault: RowFault): Decision => ({
  kind: 'over',
  applied: { verdict: 'FAILED', faults: [fault], userId: userIdIn(row) },
});

/**
 * The id of the user whom a row makes: its time is the sign-up, its entropy a hash of job and line, so that a part that
 * runs again makes the same user. An id that was fenced off is passed over by the next `attempt`.
 */
export function idOf(row: Row, run: Run, attempt: number): string {
  const { signedUpAt } = row.change;
  const time = signedUpAt === undefined ? run.startedAt : Date.parse(signedUpAt);
  return ulid(time, entropyOf(run.job, row.line, attempt));
}

/** The longest that an import runs, in milliseconds; and how many other imports may be at work on one user. */
const LONGEST_RUN = 86_400_000;
const MOST_OTHERS = 4;

/** The marks on a profile, that of the last import first. */
function marksOn({ lastRow }: Profile): readonly RowMark[] {
  return lastRow ? [lastRow, ...(lastRow.others ?? [])] : [];
}

/** The mark of this job on a profile. */
const markOf = (profile: Profile, run: Run) => marksOn(profile).find(({ job }) => job === run.job);

/** The verdict that the mark on a profile has for a row of this job. */
function markedVerdict(profile: Profile, row: Row, run: Run): Verdict | undefined {
  const mark = markOf(profile, run);
  return mark?.line === row.line ? mark.verdict : mark?.also?.[row.line];
}

function notesOn(row: Row, profile: Profile, run: Run, given: readonly Given[]): readonly Note[] {
  const { signedUpAt } = row.change;
  const notes: Note[] = given.some(({ field, owner }) => field === 'id' && !owner) ? [{ code: 'unknownId' }] : [];
  if (signedUpAt !== undefined && signedUpAt !== profile.signedUpAt) notes.push({ code: 'signedUpAtKept' });
  const isLate = (markOf(profile, run)?.line ?? 0) > row.line && markedVerdict(profile, row, run) === undefined;
  if (isLate) notes.push({ code: 'orderNotKept' });
  return notes;
}

/** The marks of other imports on a profile, as long as a part of one of them may still run again. */
function othersOn(before: Profile, run: Run, now: string): readonly RowMark[] {
  if (!before.lastRow || Date.parse(now) - Date.parse(before.updatedAt) > LONGEST_RUN) return [];
  const others = marksOn(before).filter(({ job }) => job !== run.job);
  return others.slice(0, MOST_OTHERS).map(({ others: _none, ...mark }) => mark);
}

/** The parts of a mark that only a row on a known user leaves. */
type Traces = { readonly others: readonly RowMark[]; readonly replaced: readonly string[] };
const NO_TRACES: Traces = { others: [], replaced: [] };

function marked(
  after: Profile,
  row: Row,
  run: Run,
  verdict: Verdict,
  { others, replaced }: Traces = NO_TRACES,
): Profile {
  const mark: RowMark = {
    ...{ job: run.job, line: row.line, verdict },
    ...(replaced.length > 0 && { replaced }),
    ...(others.length > 0 && { others }),
  };
  return { ...after, lastRow: mark };
}

const replacedNotes = (fields: readonly string[]) =>
  fields.map((field): Note => ({ code: 'identifierReplaced', field }));

/** The identifiers of a known user that a change gives another value, or clears. */
function replacedIn(before: Profile, after: Profile, { identifiers }: Schema): readonly string[] {
  return identifiers.filter((field) => {
    const was = before.properties[field];
    return was !== undefined && was !== after.properties[field];
  });
}

/**
 * The outcome of an earlier run of the same row: by the mark that it left on the profile, or by the id of the user it made
 * when a later row of the file has left its own mark since.
 */
function appliedBefore(row: Row, profile: Profile, given: readonly Given[], run: Run): Decision | null {
  if (!markOf(profile, run)) return null;
  const verdict = markedVerdict(profile, row, run) ?? (profile.id === idOf(row, run, 0) ? 'IMPORTED' : null);
  if (!verdict || verdict === 'FAILED') return null;
  const mark = markOf(profile, run);
  const replaced = mark?.line === row.line ? (mark.replaced ?? []) : [];
  const notes = verdict === 'IMPORTED' ? [] : [...notesOn(row, profile, run, given), ...replacedNotes(replaced)];
  const userId = userIdIn(row) ?? textOf(profile.properties.userId);
  return { kind: 'over', applied: { verdict, id: profile.id, userId, notes } };
}

function aNewUser(row: Row, given: readonly Given[], run: Run, now: string, attempt: number): Decision {
  const notes: Note[] = given.some(({ field }) => field === 'id') ? [{ code: 'unknownId' }] : [];
  if (notes.length === given.length && notes.length > 0) {
    return failed(row, { code: 'unknownId', field: 'id', detail: 'names nobody, and no other identifier is given' });
  }
  const signedUpAt = row.change.signedUpAt ?? new Date(run.startedAt).toISOString();
  const nobody = unborn({ id: idOf(row, run, attempt), signedUpAt, now, source: 'csv' });
  const result = merged(nobody, row.change, { now, schema: run.schema });
  if (result.kind === 'refused') return failed(row, result.fault);
  const born = result.kind === 'changed' ? result.profile : nobody;
  const applied: Applied = { verdict: 'IMPORTED', id: born.id, userId: userIdIn(row), notes };
  return { kind: 'create', after: marked(born, row, run, 'IMPORTED'), applied };
}

/**
 * The fault of a row whose guessed identifier finds a user who has another value in an identifier that the row gives: two
 * systems number their people alike, and the guess is wrong.
 */
function guessFault({ guess }: Run, given: readonly Given[], { id, properties }: Profile): RowFault | null {
  const isFound = guess && given.some(({ field, owner }) => field === guess.field && owner?.id === id);
  if (!isFound) return null;
  const other = given.find(({ field, value }) => {
    const own = properties[field];
    return field !== guess.field && own !== undefined && own !== value;
  });
  if (!other) return null;
  const detail =
    `Column "${guess.header}" was taken for ${guess.field} by a guess, and the user with this ${guess.field} has another ` +
    `${other.field}: map the column to ${guess.field}, or to null to leave it out.`;
  return { code: 'identifierConflict', field: guess.field, detail, ids: [id] };
}

/** The change of a row on a known user. A row that is found by a guessed identifier clears no identifier. */
function changeOf({ change }: Row, { guess, schema: { identifiers } }: Run): Change {
  if (!guess || typeof change.properties[guess.field] !== 'string') return change;
  const given = Object.entries(change.properties).filter(
    ([key, value]) => value !== null || !identifiers.includes(key),
  );
  return { ...change, properties: Object.fromEntries(given), keep: [...(change.keep ?? []), ...identifiers] };
}

function aKnownUser(row: Row, before: Profile, given: readonly Given[], run: Run, now: string): Decision {
  const userId = userIdIn(row) ?? textOf(before.properties.userId);
  const notes = notesOn(row, before, run, given);
  const known = (verdict: Exclude<Verdict, 'FAILED'>, more: readonly Note[] = []): Applied => ({
    ...{ verdict, id: before.id, userId },
    notes: more.length > 0 ? [...notes, ...more] : notes,
  });
  const fault = guessFault(run, given, before);
  if (fault) return failed(row, fault);
  if (run.onConflict === 'skip') return { kind: 'over', applied: known('SKIPPED') };
  const result = merged(before, changeOf(row, run), { now, schema: run.schema, replace: run.onConflict === 'replace' });
  if (result.kind === 'refused') return failed(row, result.fault);
  const verdict = verdictOf(true, result);
  if (result.kind === 'unchanged' || verdict === 'FAILED') return { kind: 'over', applied: known('UNCHANGED') };
  const replaced = replacedIn(before, result.profile, run.schema);
  const after = marked(result.profile, row, run, verdict, { others: othersOn(before, run, now), replaced });
  return { kind: 'replace', before, after, applied: known(verdict, replacedNotes(replaced)) };
}

/**
 * Decides what a row does, by the users whom its identifiers find. A row that finds the mark of its own earlier run has
 * been applied: its verdict stays what it was.
 *
 * @param given the row's identifiers with their owners, in order of rank
 * @param now the time of the change, as the API writes times
 * @param attempt how many ids of the row were fenced off before
 */
export function decide(row: Row, given: readonly Given[], run: Run, now: string, attempt = 0): Decision {
  for (const { owner } of given) {
    const before = owner && appliedBefore(row, owner, given, run);
    if (before) return before;
  }
  const meant = whoIsMeant(given);
  switch (meant.kind) {
    case 'new':
      return aNewUser(row, given, run, now, attempt);
    case 'known':
      return aKnownUser(row, meant.profile, given, run, now);
    case 'refused':
      return failed(row, meant.fault);
    default:
      return meant satisfies never;
  }
}
