import * as z from 'zod/mini';
import { importOptionFields, understood } from '../csv/options.ts';
import { Fault } from '../errors.ts';
import { ulid } from '../id.ts';
import { Job, type StoredJob } from '../jobs/job.ts';
import { readRecipients } from '../recipient.ts';
import { below, newReport, type Reading, type Sound } from '../report.ts';
import { newImport, OPTIONS_SUFFIX, shownOptions, UPLOADS, unserved } from './drop.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: a file name may hold none of them.
const FILE_NAME = /^(?!\.{1,2}$|\s*$)[^/\\\x00-\x1f\x7f]+$/;

/** The text that S3 replaces in the key of a form. */
const FILLED_IN = '$' + '{filename}';

const FileName = z.string().check(
  z.maxLength(200),
  z.regex(FILE_NAME, 'Give the name of the file alone, without a path.'),
  z.refine((name) => name.isWellFormed(), 'Give the name in whole characters.'),
  z.refine(
    (name) => !name.includes(FILLED_IN),
    `S3 puts another name in the place of ${FILLED_IN}: name it otherwise.`,
  ),
  z.refine((name) => !name.endsWith(OPTIONS_SUFFIX), `A file of this name holds options: name it otherwise.`),
);

/** The request for an import: the name of the file that will be uploaded, and the options by which it is read. */
export const NewImportBody = z.strictObject({ fileName: FileName, ...importOptionFields });
export type NewImportBody = z.infer<typeof NewImportBody>;

/** The job that was made, and the form for its file; the form is shown once. */
export const StartedImport = z.strictObject({
  job: Job,
  upload: z.nullable(z.strictObject({ url: z.string(), fields: z.record(z.string(), z.string()) })),
});

/** The caller and the time of a request; `entropy` makes the job's id. */
type Caller = {
  readonly apiKey: { readonly id: string; readonly email: string };
  readonly now: number;
  readonly entropy: Uint8Array;
};

const NOT_YET = new Fault('notAllowed', 'Is not served yet; leave it out.');

/** The parts of a request that its schema cannot check. `notify`: addresses in normal form; null: that of the caller. */
export type CheckedImport = { readonly notify: readonly string[] | null };

/** Reads of an import's request what its schema cannot know: what is served, and who may get mail. */
export function readImport(body: Sound<NewImportBody>, allowed: readonly string[]): Reading<CheckedImport> {
  const report = newReport();
  for (const name of unserved(body)) report.add(below('', name), NOT_YET);
  const { addresses, faults } = readRecipients(body.notify ?? [], allowed);
  report.join(faults);
  return report.reading({ notify: body.notify ? addresses : null });
}

/** The job that waits for a file, and the key under which the form puts it. */
export function importOf(
  { fileName, ...given }: NewImportBody,
  { notify }: CheckedImport,
  { apiKey, now, entropy }: Caller,
): { readonly job: StoredJob; readonly key: string } {
  const options = understood(given);
  const id = `imp_${ulid(now, entropy)}`;
  const key = `${UPLOADS}${id}/${fileName}`;
  const job = newImport({
    id,
    status: 'awaiting-upload',
    key,
    fileName,
    bytes: null,
    options: shownOptions(options),
    createdBy: apiKey.id,
    createdAt: new Date(now).toISOString(),
    notify: notify ?? [apiKey.email],
    source: null,
    warnings: [],
    failure: null,
  });
  return { job, key };
}
