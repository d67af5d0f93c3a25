import { createHash } from 'node:crypto';
import { named, optionsOfDrop } from '../csv/dropped-options.ts';
import { failed } from '../csv/failure.ts';
import type { ImportOptions } from '../csv/options.ts';
import { ulid } from '../id.ts';
import type { Failure, StoredJob, Warning } from '../jobs/job.ts';
import { readRecipients } from '../recipient.ts';
import type { Sound } from '../report.ts';
import { NO_ROWS } from './counts.ts';

/** The prefixes of dropped files and of files that came with a form, and the suffix of the options beside a file. */
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

/** True for an object that is a file to import: a folder's own mark is none, nor are the options beside a file. */
export function isFile({ key, bytes }: { readonly key: string; readonly bytes: number }): boolean {
  const isFolder = key.endsWith('/') && bytes === 0;
  return !isFolder && !key.endsWith(OPTIONS_SUFFIX);
}

/** Newlines and other control characters, and the marks that turn the direction of writing. */
const UNSEEN = /[\p{Cc}\u2028\u2029]+/gu;
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A file's name as jobs, mails and logs show it, on one line and in the direction in which it is written. */
const shownName = (name: string) => name.replace(UNSEEN, ' ').replace(DIRECTION, '').trim() || 'unnamed';

/** The last step of a key. */
export const fileNameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);

/** Options that are not served yet: whoever gives them must not be left to think that they were followed. */
export function unserved({
  identifier,
  addToSegment,
  dryRun,
}: Sound<Pick<ImportOptions, 'identifier' | 'addToSegment' | 'dryRun'>>): readonly string[] {
  const given = { identifier, addToSegment, dryRun: dryRun || null };
  return Object.entries(given).flatMap(([name, value]) => (value === null || value === undefined ? [] : [name]));
}

/** The options as a job shows them: the addresses are no part of it. */
export function shownOptions({ notify: _notify, ...options }: ImportOptions): Record<string, unknown> {
  return options;
}

/** The options of a dropped file, or the failure that says why they cannot be followed. */
export type Understood = {
  readonly options: Record<string, unknown>;
  readonly notify: readonly string[];
  readonly warnings: readonly Warning[];
  readonly failure: Failure | null;
};

/** The addresses that are mailed the end of a dropped file's job when none are named, and those to which mail is allowed. */
export type Recipients = { readonly operators: readonly string[]; readonly allowed: readonly string[] };

/** The most bytes that the options beside a file may have: twice what a header that maps every column needs. */
export const MAX_OPTIONS_BYTES = 131_072;

/** Stands for options beside a file that are over the limit. */
export const TOO_LARGE = Symbol('too large');

/** The most names, and the most faults, that a job lists: a file that is dropped to annoy makes it no larger. */
const MOST_LISTED = 20;

function unknownOptions(names: readonly string[]): readonly Warning[] {
  const listed = names.slice(0, MOST_LISTED).map((name): Warning => {
    const detail = `There is no option ${named(name)}; it was let go.`;
    return { code: 'unknownOption', field: named(name), count: 1, lines: [], detail };
  });
  const count = names.length - listed.length;
  if (count === 0) return listed;
  return [
    ...listed,
    { code: 'unknownOption', field: null, count, lines: [], detail: 'More names that are no options.' },
  ];
}

/** All that is wrong with options in one text. */
function inWords(faults: readonly string[]): string {
  const distinct = [...new Set(faults)];
  const rest = distinct.length - MOST_LISTED;
  return [...distinct.slice(0, MOST_LISTED), ...(rest > 0 ? [`And ${rest} more.`] : [])].join(' ');
}

/** Reads the options of a dropped file: its metadata, and the bytes of the options beside it. */
export function understoodDrop(
  metadata: Readonly<Record<string, string>>,
  file: Uint8Array | typeof TOO_LARGE | null,
  { operators, allowed }: Recipients,
): Understood {
  const { options, unknown, faults } = optionsOfDrop(metadata, file === TOO_LARGE ? null : file);
  const recipients = readRecipients(options.notify ?? [], allowed);
  const all = [
    ...(file === TOO_LARGE ? [`The .options.json beside the file has more than ${MAX_OPTIONS_BYTES} bytes.`] : []),
    ...faults,
    ...unserved(options).map((name) => `Option ${name}: is not served yet; leave it out.`),
    ...recipients.faults.map(({ detail }) => `Option notify: ${detail}`),
  ];
  return {
    options: shownOptions(options),
    notify: options.notify && all.length === 0 ? recipients.addresses : operators,
    warnings: unknownOptions(unknown),
    failure: all.length > 0 ? failed('invalidOption', inWords(all)).failure : null,
  };
}

/** The fields in which the jobs of imports differ when they are made. */
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
    input: { fileName: shownName(fileName), bytes, key, options },
    progress: { done: 0, total: null },
    counts: NO_ROWS,
    startedAt: null,
    finishedAt: null,
    downloads: [],
    files: [],
    linksRevokedAt: null,
  };
}
