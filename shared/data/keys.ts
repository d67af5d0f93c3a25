import { hash } from 'node:crypto';

/** A key of the one table. */
export type Key = { readonly PK: string; readonly SK: string };

/** The secondary index that lists jobs by time, and the attributes it is made of. */
export const JOBS_INDEX = { name: 'JOBS', partition: 'GSI1PK', sort: 'GSI1SK' } as const;

/** The beginning of every partition whose changes wake the evaluator; the stream's filter uses it. */
export const PROFILE_PREFIX = 'USERS#';

/** The beginning of the partitions that also a reading function may write: the request counters of API keys. */
export const RATE_PREFIX = 'RATE#';

/** The beginning of the partitions with the results of calls, for repeated calls: permissions name it. */
export const IDEMPOTENCY_PREFIX = 'IDEMPOTENT#';

/** The shard, from 0 to `shards` − 1, that holds the user or company of this id: by FNV-1a, folded to half its width. */
export function shardOf(id: string, shards: number): number {
  let mixed = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) mixed = Math.imul(mixed ^ id.charCodeAt(at), 0x01000193);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % shards;
}

/** The sizes of a block and of a digest of SHA-256, in bytes. */
const BLOCK = 64;
const DIGEST = 32;
const INNER = 0x36;
const OUTER = 0x5c;

/** The buffers of an HMAC key: its inner pad, followed by room for a value, and its outer pad, followed by a digest. */
type Keyed = { readonly secret: string; readonly inner: Buffer; readonly outer: Buffer; readonly views: Uint8Array[] };

/** The bytes of room for a value. Only references in requests can have longer values. */
const ROOM = 1_024;

function keyedBy(secret: string): Keyed {
  const given = Buffer.from(secret);
  const bytes = Buffer.alloc(BLOCK);
  (given.length > BLOCK ? hash('sha256', given, 'buffer') : given).copy(bytes);
  const inner = Buffer.alloc(BLOCK + ROOM);
  const outer = Buffer.alloc(BLOCK + DIGEST);
  for (const [at, byte] of bytes.entries()) {
    inner[at] = byte ^ INNER;
    outer[at] = byte ^ OUTER;
  }
  return { secret, inner, outer, views: [] };
}

let keyed: Keyed | undefined;

/** The bytes of the inner hash of an HMAC: the inner pad, then the value. */
function innerBytes({ inner, views }: Keyed, value: string): Uint8Array {
  // A character takes three bytes at most.
  if (value.length * 3 > ROOM) return Buffer.concat([inner.subarray(0, BLOCK), Buffer.from(value)]);
  const end = BLOCK + inner.write(value, BLOCK);
  const view = views[end] ?? inner.subarray(0, end);
  views[end] = view;
  return view;
}

/**
 * The keyed hash of an identifier in the keys of the table: no key of an item has a value of a person in it.
 *
 * It is HMAC-SHA-256 (RFC 2104), cut to 22 digits in base64url, which are 132 bits. It is computed from two plain hashes,
 * because an import needs millions of them, and `createHmac` takes three times as long.
 */
export function hashOf(value: string, secret: string): string {
  if (keyed?.secret !== secret) keyed = keyedBy(secret);
  const { outer } = keyed;
  outer.write(hash('sha256', innerBytes(keyed, value), 'binary'), BLOCK, 'binary');
  return hash('sha256', outer, 'base64url').slice(0, 22);
}

/** Partitions that hold many items, for queries. */
export const partition = {
  users: (shard: number) => `${PROFILE_PREFIX}${shard}`,
  segments: 'SEGMENTS',
  segmentCounts: 'SEGCOUNTS',
  segmentWork: 'SEGMENTWORK',
  walk: (segment: string, ruleVersion: number) => `WALK#${segment}#${ruleVersion}`,
  edges: (segment: string, ruleVersion: number, shard: number) => `SEG#${segment}#${ruleVersion}#${shard}`,
  schema: 'SCHEMA',
  job: (job: string) => `JOB#${job}`,
  jobs: 'JOBS',
  apiKeys: 'KEYS',
} as const;

/** The beginning of the sort keys of the properties of a scope. */
export const propertyPrefix = (scope: string) => `PROPERTY#${scope}#`;

/** All keys of the table. */
export const key = {
  user: (id: string, shards: number): Key => ({ PK: partition.users(shardOf(id, shards)), SK: id }),
  /** `hash` is `hashOf` the normal form. */
  identifier: (field: string, hash: string): Key => ({ PK: `ID#${field}#${hash}`, SK: 'ID' }),
  memberships: (user: string): Key => ({ PK: `IN#${user}`, SK: 'IN' }),
  segment: (id: string): Key => ({ PK: partition.segments, SK: id }),
  /** Sorts behind every segment id (`seg_…`), since capitals sort before: it is never in a page of segments. */
  segmentsVersion: (): Key => ({ PK: partition.segments, SK: 'VERSION' }),
  segmentCount: (id: string): Key => ({ PK: partition.segmentCounts, SK: id }),
  edge: (segment: string, ruleVersion: number, user: string, shards: number): Key => ({
    PK: partition.edges(segment, ruleVersion, shardOf(user, shards)),
    SK: user,
  }),
  segmentWork: (segment: string, ruleVersion: number): Key => ({
    PK: partition.segmentWork,
    SK: `${segment}#${ruleVersion}`,
  }),
  walkPart: (segment: string, ruleVersion: number, part: number): Key => ({
    PK: partition.walk(segment, ruleVersion),
    SK: `PART#${String(part).padStart(6, '0')}`,
  }),
  property: (scope: string, name: string): Key => ({ PK: partition.schema, SK: `${propertyPrefix(scope)}${name}` }),
  propertyCount: (scope: string): Key => ({ PK: partition.schema, SK: `COUNT#${scope}` }),
  job: (job: string): Key => ({ PK: partition.job(job), SK: 'JOB' }),
  part: (job: string, part: number): Key => ({ PK: partition.job(job), SK: `PART#${String(part).padStart(6, '0')}` }),
  link: (hash: string): Key => ({ PK: `LINK#${hash}`, SK: 'LINK' }),
  apiKey: (id: string): Key => ({ PK: partition.apiKeys, SK: id }),
  rate: (apiKey: string): Key => ({ PK: `${RATE_PREFIX}${apiKey}`, SK: 'RATE' }),
  idempotency: (hash: string): Key => ({ PK: `${IDEMPOTENCY_PREFIX}${hash}`, SK: 'IDEMPOTENT' }),
} as const;

/** The beginning of the sort keys of the parts of a job. */
export const PART_PREFIX = 'PART#';
