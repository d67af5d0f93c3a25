import pMap from 'p-map';
import * as jobs from '../../data/jobs/jobs.ts';
import * as segments from '../../data/segments/segments.ts';
import * as users from '../../data/users/users.ts';
import { Problem, unknownReference } from '../../domain/errors.ts';
import type { CheckedRequest, ExportRequest, Grounds } from '../../domain/exports/request.ts';
import { ulid } from '../../domain/id.ts';
import type { StoredJob, Warning } from '../../domain/jobs/job.ts';
import type { Reading } from '../../domain/report.ts';
import { readReference } from '../../domain/users/reference.ts';

/** The caller and the time of a request; `entropy` makes the job's id. */
type Caller = {
  readonly apiKey: { readonly id: string; readonly email: string };
  readonly now: number;
  readonly entropy: Uint8Array;
};

/** The number of the part that holds the users whom a request names, until the plan reads them: before the first one. */
export const NAMED_USERS = 0;

/** A checked request, with a fault when the segment that it names is not there. */
export async function withSegment<T>(id: string | undefined, reading: Reading<T>): Promise<Reading<T>> {
  if (id === undefined || (await segments.live(id))) return reading;
  const found = 'faults' in reading ? reading.faults : [];
  return { faults: [...found, unknownReference({ pointer: '/segment' }, 'segment')] };
}

/** The ids of the users whom references name, each once, and the number of references that name nobody. */
async function named(references: readonly string[], { schema, locale }: Pick<Grounds, 'schema' | 'locale'>) {
  const find = async (text: string) => {
    const reference = readReference(text, schema, locale);
    return reference ? users.byReference(reference) : null;
  };
  const found = await pMap(references, find, { concurrency: 16 });
  const ids = new Set(found.flatMap((profile) => (profile ? [profile.id] : [])));
  return { ids: [...ids], lost: found.filter((profile) => profile === null).length };
}

/** The target as the job shows it. */
function targetOf({ segment, users: references }: ExportRequest, { rule }: CheckedRequest) {
  if (segment !== undefined) return { segment };
  if (rule) return { where: rule };
  return references ? { users: references.length } : { all: true as const };
}

const missing = (count: number): Warning => ({
  code: 'notFound',
  field: null,
  count,
  lines: [],
  detail: 'Users who were named and are not there.',
});

/** Makes the job of an export, or finds the one that the same call made before. */
export async function makeExport(
  body: ExportRequest,
  checked: CheckedRequest,
  grounds: Pick<Grounds, 'schema' | 'locale'>,
  { apiKey, now, entropy }: Caller,
): Promise<StoredJob> {
  const id = `exp_${ulid(now, entropy)}`;
  const list = body.users && (await named(body.users, grounds));
  if (list) await jobs.savePart(id, { part: NAMED_USERS, finished: true, state: { ids: list.ids } }, now);
  const job: StoredJob = {
    id,
    type: 'bulk-download',
    status: 'queued',
    input: { target: targetOf(body, checked), options: checked.options },
    progress: { done: 0, total: list?.ids.length ?? null },
    counts: { users: 0 },
    warnings: list && list.lost > 0 ? [missing(list.lost)] : [],
    failure: null,
    createdBy: apiKey.id,
    createdAt: new Date(now).toISOString(),
    startedAt: null,
    finishedAt: null,
    downloads: [],
    source: null,
    files: [],
    notify: checked.notify ?? [apiKey.email],
    linksRevokedAt: null,
  };
  if (await jobs.create(job)) return job;
  const there = await jobs.byId(id);
  if (!there) throw new Problem('notFound', 'The job is not there any more.');
  return there;
}
