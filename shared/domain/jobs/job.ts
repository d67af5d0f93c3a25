import * as z from 'zod/mini';

/** The type of a job: it imports a file, exports one, or deletes users. */
export const JobType = z.enum(['csv-import', 'bulk-download', 'bulk-delete']);
export type JobType = z.infer<typeof JobType>;

/** The status of a job. The last four are final: the job has ended. */
export const JobStatus = z.enum([
  'awaiting-upload',
  'queued',
  'running',
  'cancelling',
  'succeeded',
  'partially-succeeded',
  'failed',
  'cancelled',
]);
export type JobStatus = z.infer<typeof JobStatus>;

const ENDS: ReadonlySet<JobStatus> = new Set(['succeeded', 'partially-succeeded', 'failed', 'cancelled']);

/** True for a job that has ended. */
export const hasEnded = ({ status }: { readonly status: JobStatus }) => ENDS.has(status);

/** The reasons for which an import, an export or a deletion failed as a whole. */
export const FailureCode = z.enum([
  'emptyFile',
  'noRows',
  'notUtf8',
  'binaryFile',
  'unsupportedFile',
  'fileTooLarge',
  'tooManyColumns',
  'duplicateHeader',
  'emptyHeader',
  'forbiddenHeader',
  'noIdentifierColumn',
  'unknownColumn',
  'unknownField',
  'tooManyProperties',
  'invalidOption',
  'uploadNotReceived',
  'fileReplaced',
  'fileGone',
  'allRowsFailed',
  'backupFailed',
  'targetChanged',
  'internal',
]);
export type FailureCode = z.infer<typeof FailureCode>;

/** The failure of a job: its code, and how to correct it. `line` is the physical line in the file. */
export const Failure = z.strictObject({ code: FailureCode, detail: z.string(), line: z.optional(z.number()) });
export type Failure = z.infer<typeof Failure>;

/** A warning: an unexpected fact that did not stop the job. There is one entry per code and field. */
export const Warning = z.strictObject({
  code: z.enum([
    'unknownColumn',
    'secondColumn',
    'badCell',
    'shortRow',
    'identifierReplaced',
    'readOnlyColumn',
    'unknownOption',
    'idAsUserId',
    'unknownId',
    'signedUpAtKept',
    'orderNotKept',
    'notFound',
    'mailNotSent',
  ]),
  field: z.nullable(z.string()),
  count: z.number(),
  /** The first ten lines. */
  lines: z.readonly(z.array(z.number())),
  detail: z.string(),
});
export type Warning = z.infer<typeof Warning>;

/** A file that a job has written, to be downloaded by a link. */
export const Download = z.strictObject({ name: z.string(), bytes: z.number(), expiresAt: z.string() });
export type Download = z.infer<typeof Download>;

/** The number of rows for each verdict: `rows` is the sum of the others. */
export const ImportCounts = z.strictObject({
  rows: z.number(),
  imported: z.number(),
  merged: z.number(),
  unchanged: z.number(),
  skipped: z.number(),
  failed: z.number(),
});
export type ImportCounts = z.infer<typeof ImportCounts>;

const Counts = z.union([
  ImportCounts,
  z.strictObject({ users: z.number() }),
  z.strictObject({ targeted: z.number(), deleted: z.number(), notFound: z.number(), failed: z.number() }),
]);

const Options = z.record(z.string(), z.unknown());

const FileInput = z.strictObject({
  fileName: z.string(),
  bytes: z.nullable(z.number()),
  key: z.string(),
  options: Options,
});

const TargetInput = z.strictObject({
  target: z.union([
    z.strictObject({ segment: z.string() }),
    z.strictObject({ where: z.unknown() }),
    z.strictObject({ users: z.number() }),
    z.strictObject({ all: z.literal(true) }),
  ]),
  options: Options,
});

/** A job as the API shows it. A log is a job seen as history. */
export const Job = z.strictObject({
  id: z.string(),
  type: JobType,
  status: JobStatus,
  input: z.union([FileInput, TargetInput]),
  progress: z.strictObject({ done: z.number(), total: z.nullable(z.number()) }),
  counts: Counts,
  warnings: z.readonly(z.array(Warning)),
  failure: z.nullable(Failure),
  createdBy: z.string(),
  createdAt: z.string(),
  startedAt: z.nullable(z.string()),
  finishedAt: z.nullable(z.string()),
  downloads: z.readonly(z.array(Download)),
});
export type Job = z.infer<typeof Job>;

/**
 * A job as it is stored.
 *
 * `source` identifies the exact bytes of an import: by version id where the bucket has versions, by ETag always.
 * `files` has the object keys of `downloads`, in the same order. `notify` has the addresses that still have to get a mail;
 * the API does not show them. `linksRevokedAt`: links that were made up to this time are revoked.
 */
export const StoredJob = z.extend(Job, {
  source: z.nullable(
    z.strictObject({ key: z.string(), versionId: z.nullable(z.string()), etag: z.nullable(z.string()) }),
  ),
  files: z.readonly(z.array(z.string())),
  notify: z.readonly(z.array(z.string())),
  linksRevokedAt: z.nullable(z.string()),
});
export type StoredJob = z.infer<typeof StoredJob>;

/** The part of a stored job that the API shows. */
export function jobOf({
  source: _source,
  files: _files,
  notify: _notify,
  linksRevokedAt: _revoked,
  ...job
}: StoredJob): Job {
  return job;
}

/** The days for which a log, a file with row logs, and an export are kept. */
export const DAYS_KEPT = { log: 365, rowLog: 30, export: 7 } as const;
