import { createHash } from 'node:crypto';
import type { Failed } from '../csv/failure.ts';
import { failed } from '../csv/failure.ts';
import { type ImportOptions, optionsOfDrop } from '../csv/options.ts';
import { ulid } from '../id.ts';
import type { Failure, StoredJob, Warning } from '../job.ts';
import { readRecipients } from '../recipient.ts';
import type { Sound } from '../report.ts';
import { NO_ROWS } from './tally.ts';

/** Where people drop files, where forms put them, and how the options beside a file end. */
export const IMPORTS = 'imports/';
export const UPLOADS = 'uploads/';
export const OPTIONS_SUFFIX = '.options.json';

/**
 * The id of the job of a dropped file: the same for the same bytes at the same key, however often they are reported.
 *
 * @param version names the bytes: the version id, or the ETag and sequencer where the bucket has no versions
 */
export function jobIdOf(key: string, version: string): string {
  const digest = createHash('sha256').update(`${key}\n${version}`).digest();
  return `imp_${ulid(digest.readUIntBE(0, 6), digest.subarray(6, 16))}`;
}

/** Whether an object is a file to import: a folder's own mark is not, nor are the options beside a file. */
export function isFile({ key, bytes }: { readonly key: string; readonly bytes: number }): boolean {
  const isFolder = key.endsWith('/') && bytes === 0;
  return !isFolder && !key.endsWith(OPTIONS_SUFFIX);
}

/** The last step of a key. */
export const fileNameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);

/** Options that are not served yet: whoever gives them must not be left to think that they were followed. */
export function unserved({
  identifier,
  decimal,
  addToSegment,
  dryRun,
}: Sound<Pick<ImportOptions, 'identifier' | 'decimal' | 'addToSegment' | 'dryRun'>>): readonly string[] {
  const given = { identifier, decimal, addToSegment, dryRun: dryRun || null };
  return Object.entries(given).flatMap(([name, value]) => (value === null || value === undefined ? [] : [name]));
}

/** The options as a job shows them: the addresses are no part of it. */
export function shownOptions({ notify: _notify, ...options }: ImportOptions): Record<string, unknown> {
  return options;
}

/** What a dropped file came with, or why its options cannot be followed. */
export type Understood = {
  readonly options: Record<string, unknown>;
  readonly notify: readonly string[];
  readonly warnings: readonly Warning[];
  readonly failure: Failure | null;
};

/** Who is told of the end of a dropped file's job when nobody is named, and to whom mail is allowed. */
export type Recipients = { readonly operators: readonly string[]; readonly allowed: readonly string[] };

function unknownOption(name: string): Warning {
  const detail = `There is no option ${name}; it was let go.`;
  return { code: 'unknownOption', field: name, count: 1, lines: [], detail };
}

function checked(options: ImportOptions, allowed: readonly string[]): Failed | null {
  const [notYet] = unserved(options);
  if (notYet) return failed('invalidOption', `Option ${notYet}: is not served yet; leave it out.`);
  const { faults } = readRecipients(options.notify ?? [], allowed);
  return faults.length > 0 ? failed('invalidOption', `Option notify: ${faults[0]?.detail}`) : null;
}

/** Understands what a dropped file came with: its metadata, and the text of the options beside it. */
export function understoodDrop(
  metadata: Readonly<Record<string, string>>,
  file: string | null,
  { operators, allowed }: Recipients,
): Understood {
  const read = optionsOfDrop(metadata, file);
  if ('failure' in read) return { options: {}, notify: operators, warnings: [], failure: read.failure };
  const { options } = read;
  const wrong = checked(options, allowed);
  const notify = options.notify && !wrong ? readRecipients(options.notify, allowed).addresses : operators;
  const warnings = read.unknown.map(unknownOption);
  return { options: shownOptions(options), notify, warnings, failure: wrong?.failure ?? null };
}

/** What is told apart when the job of an import is made. */
export type NewImport = Pick<
  StoredJob,
  'id' | 'status' | 'createdBy' | 'createdAt' | 'notify' | 'source' | 'warnings' | 'failure'
> & {
  readonly key: string;
  readonly fileName: string;
  readonly bytes: number | null;
  readonly options: Record<string, unknown>;
};

/** The job of an import that has not begun. A failure that is known already ends it when its turn comes. */
export function newImport({ key, fileName, bytes, options, ...job }: NewImport): StoredJob {
  return {
    ...job,
    type: 'csv-import',
    input: { fileName, bytes, key, options },
    progress: { done: 0, total: null },
    counts: NO_ROWS,
    startedAt: null,
    finishedAt: null,
    downloads: [],
    files: [],
    linksRevokedAt: null,
  };
}
