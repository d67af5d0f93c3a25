import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { handler as applyPart } from '../../../functions/imports/apply-part.ts';
import { handler as applyRepeats } from '../../../functions/imports/apply-repeats.ts';
import { handler as finish } from '../../../functions/imports/finish.ts';
import { handler as onFileDropped } from '../../../functions/imports/on-file-dropped.ts';
import { handler as plan } from '../../../functions/imports/plan.ts';
import * as jobs from '../../../shared/data/jobs/jobs.ts';
import { IMPORTS, jobIdOf } from '../../../shared/domain/imports/drop.ts';
import type { ImportCounts, StoredJob } from '../../../shared/domain/jobs/job.ts';
import { s3 } from '../../../shared/runtime/clients.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { startBucket } from '../deployment/bucket.ts';
import { startDeployment } from '../deployment/deployment.ts';
import { startInbox } from '../deployment/inbox.ts';
import { startMachines, withTime } from './export-run.ts';

const inTime = withTime(900_000);

/** Everything that an import needs, in this process: a table, a bucket, an inbox, and a fake of Step Functions. */
export async function startImports() {
  const connection = await startDeployment();
  const { started, end } = await startMachines();
  const { bucket, stop: stopBucket } = await startBucket();
  const inbox = await startInbox();
  process.env.IMPORT_MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:import';
  return {
    connection,
    bucket,
    started,
    end,
    mails: inbox.mails,
    stop: async () => {
      await inbox.stop();
      await stopBucket();
    },
  };
}

let moment = 0;

/** A file for the bucket, with its metadata. */
export type File = { readonly body: string | Uint8Array; readonly metadata?: Record<string, string> };

/** Puts a file into the bucket and invokes the trigger. Returns the id that a job of this file has. */
export async function drop(bucket: Bucket, key: string, { body, metadata = {} }: File): Promise<string> {
  await s3().send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: body, Metadata: metadata }));
  return notifyTrigger(bucket, key);
}

/** Invokes the trigger for an object in the bucket; with a `sequencer` that was used before, as a repeated notification. */
export async function notifyTrigger(bucket: Bucket, key: string, sequencer?: string): Promise<string> {
  const { ETag = '', ContentLength: size = 0 } = await s3().send(
    new HeadObjectCommand({ Bucket: bucket.name, Key: key }),
  );
  const etag = ETag.replaceAll('"', '');
  moment += 1;
  const object = { key, size, etag, sequencer: sequencer ?? String(moment) };
  await onFileDropped({ detail: { bucket: { name: bucket.name }, object } }, inTime);
  return jobIdOf(key, `${etag} ${object.sequencer}`);
}

/** The parts of an import as the workflow reads them; null when its file failed. */
export async function partsOfImport(
  bucket: Bucket,
  job: string,
): Promise<readonly { job: string; part: number }[] | null> {
  const { planned, manifest } = await plan({ job }, inTime);
  return planned ? JSON.parse(String(await bucket.get(manifest.key))) : null;
}

/** Runs an import as its workflow does, and answers its job. */
export async function runImport(bucket: Bucket, job: string): Promise<StoredJob> {
  const items = await partsOfImport(bucket, job);
  if (items) {
    for (const item of items) while (!(await applyPart(item, inTime)).done);
    while (!(await applyRepeats({ job }, inTime)).done);
  }
  await finish({ job }, inTime);
  return jobOf(job);
}

/** The job of this id. It fails the test when there is none. */
export async function jobOf(id: string): Promise<StoredJob> {
  const job = await jobs.byId(id);
  if (!job) throw new Error('there is no such job');
  return job;
}

/** Drops a file and runs its import. */
export async function imported(
  bucket: Bucket,
  body: string | Uint8Array,
  options: { readonly name?: string; readonly metadata?: Record<string, string> } = {},
): Promise<StoredJob> {
  moment += 1;
  const key = `${IMPORTS}${options.name ?? `${moment}.csv`}`;
  return runImport(bucket, await drop(bucket, key, { body, metadata: options.metadata ?? {} }));
}

/** The counts of an import, without those that are 0. */
export function countsOf({ counts }: StoredJob): Partial<ImportCounts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** A download of a job, as text without its BOM. */
export async function downloadOf(bucket: Bucket, job: StoredJob, name: string): Promise<string> {
  const index = job.downloads.findIndex((one) => one.name === name);
  const bytes = index < 0 ? null : await bucket.get(job.files[index] ?? '');
  if (!bytes) throw new Error(`the job has no ${name}`);
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
