import { createHash, createHmac, hash } from 'node:crypto';

/** A key of the one table. */
export type Key = { readonly PK: string; readonly SK: string };

/** The secondary index that lists jobs by time, and the attributes it is made of. */
export const JOBS_INDEX = { name: 'JOBS', partition: 'GSI1PK', sort: 'GSI1SK' } as const;

/** The beginning of every partition whose changes wake the evaluator; the stream's filter uses it. */
export const PROFILE_PREFIX = 'USERS#';

/** The beginning of the partitions that a reading function may write: how many requests a key has made. */
export const RATE_PREFIX = 'RATE#';

/** The shard, from 0 to `shards` − 1, that holds the user or company of this id. */
export function shardOf(id: string, shards: number): number {
  return Number.parseInt(hash('sha256', id, 'hex').slice(0, 8), 16) % shards;
}

const BLOCK = 64;

/** The two blocks of HMAC (RFC 2104), with room for what is hashed behind them. */
type Pads = { readonly secret: string; readonly inner: Buffer; readonly outer: Buffer };

function padsOf(secret: string): Pads {
  const long = Buffer.byteLength(secret) > BLOCK;
  const key = Buffer.alloc(BLOCK);
  key.set(long ? createHash('sha256').update(secret).digest() : Buffer.from(secret));
  const inner = Buffer.alloc(BLOCK + MOST_BYTES, 0x36);
  const outer = Buffer.alloc(BLOCK + 32, 0x5c);
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  return { secret, inner, outer };
}

const HASH_LENGTH = 22;
/** Identifiers are shorter; anything longer goes the long way. */
const MOST_BYTES = 1_024;
let pads: Pads | undefined;

/**
 * The keyed hash under which an identifier's owner is found: no value of a person stands in a key.
 *
 * HMAC-SHA-256, the first 22 digits in base64url, which are 132 bits. Imports hash millions of values with one key, which is why its blocks are
 * kept: made of two plain hashes it takes half the time of the library's own.
 */
export function hashOf(value: string, secret: string): string {
  if (value.length * 3 > MOST_BYTES) return keyedHash(value, secret);
  if (pads?.secret !== secret) pads = padsOf(secret);
  const { inner, outer } = pads;
  const end = BLOCK + inner.write(value, BLOCK);
  outer.write(hash('sha256', inner.subarray(0, end), 'hex'), BLOCK, 'hex');
  return hash('sha256', outer, 'base64url').slice(0, HASH_LENGTH);
}

const keyedHash = (value: string, secret: string) =>
  createHmac('sha256', secret).update(value).digest('base64url').slice(0, HASH_LENGTH);

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

/** Where the properties of a scope begin in the partition of the schema. */
export const propertyPrefix = (scope: string) => `PROPERTY#${scope}#`;

/** Every key of the table, spelled once. */
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
  idempotency: (hash: string): Key => ({ PK: `IDEMPOTENT#${hash}`, SK: 'IDEMPOTENT' }),
  settings: (): Key => ({ PK: 'SETTINGS', SK: 'SETTINGS' }),
} as const;

/** Where job parts begin in a job's partition. */
export const PART_PREFIX = 'PART#';
