import * as jobs from '../../data/jobs/jobs.ts';
import {
  fileNameOf,
  IMPORTS,
  isFile,
  jobIdOf,
  MAX_OPTIONS_BYTES,
  newImport,
  OPTIONS_SUFFIX,
  type Recipients,
  TOO_LARGE,
  type Understood,
  UPLOADS,
  understoodDrop,
} from '../../domain/imports/drop.ts';
import type { StoredJob } from '../../domain/jobs/job.ts';
import { at, type Bucket } from '../../storage/bucket.ts';

/** An object that has come into the bucket. `sequencer` tells later ones at one key from earlier ones, without versions. */
export type Arrival = {
  readonly key: string;
  readonly bytes: number;
  readonly versionId: string | null;
  readonly etag: string | null;
  readonly sequencer: string | null;
};

/** The bucket, the settings and the time by which an arrival is handled; `now` is in milliseconds since 1970. */
export type Surroundings = { readonly bucket: Bucket; readonly recipients: Recipients; readonly now: number };

const sourceOf = ({ key, versionId, etag }: Arrival) => ({ key, versionId, etag });

/** The name of the bytes of an arrival: another one for each version of an object. */
const versionOf = ({ versionId, etag, sequencer }: Arrival) => versionId ?? `${etag} ${sequencer}`;

/** The bytes of the options beside a file; null when there are none. */
async function besideOf(key: string, bucket: Bucket): Promise<Buffer | typeof TOO_LARGE | null> {
  const beside = await bucket.head(at(`${key}${OPTIONS_SUFFIX}`));
  if (!beside) return null;
  if (beside.bytes > MAX_OPTIONS_BYTES) return TOO_LARGE;
  return bucket.range(beside, 0, beside.bytes);
}

async function optionsOf(arrival: Arrival, { bucket, recipients }: Surroundings): Promise<Understood> {
  const [head, file] = await Promise.all([bucket.head(sourceOf(arrival)), besideOf(arrival.key, bucket)]);
  return understoodDrop(head?.metadata ?? {}, file, recipients);
}

async function dropped(arrival: Arrival, around: Surroundings): Promise<StoredJob> {
  const id = jobIdOf(arrival.key, versionOf(arrival));
  const known = await jobs.byId(id);
  if (known) return known;
  const job = newImport({
    id,
    status: 'queued',
    key: arrival.key,
    fileName: fileNameOf(arrival.key),
    bytes: arrival.bytes,
    createdBy: 'bucket',
    createdAt: new Date(around.now).toISOString(),
    source: sourceOf(arrival),
    ...(await optionsOf(arrival, around)),
  });
  if (await jobs.create(job)) return job;
  return (await jobs.byId(id)) ?? job;
}

/** The job whose form brought a file; null when there is none, or when its form has served before. */
async function uploaded(arrival: Arrival): Promise<StoredJob | null> {
  const [, id = ''] = arrival.key.split('/');
  const job = await jobs.byId(id);
  if (!job || !('key' in job.input) || job.input.key !== arrival.key) return null;
  const isSame = job.source !== null && job.source.versionId === arrival.versionId && job.source.etag === arrival.etag;
  if (isSame) return job;
  if (job.status !== 'awaiting-upload') return null;
  const queued: StoredJob = {
    ...job,
    status: 'queued',
    source: sourceOf(arrival),
    input: { ...job.input, bytes: arrival.bytes },
  };
  return (await jobs.replace(queued, 'awaiting-upload')) ? queued : null;
}

/**
 * Makes the job of an object that came, or finds the one that it has. Null when it is no file to import, or is not the
 * first that a form brought.
 */
export async function arrived(arrival: Arrival, around: Surroundings): Promise<StoredJob | null> {
  if (!isFile(arrival)) return null;
  if (arrival.key.startsWith(IMPORTS)) return dropped(arrival, around);
  return arrival.key.startsWith(UPLOADS) ? uploaded(arrival) : null;
}
