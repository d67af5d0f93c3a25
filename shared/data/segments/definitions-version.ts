import * as z from 'zod/mini';
import { key } from '../keys.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { get } from '../table/operations.ts';
import { type Part, putPart } from '../table/transactions.ts';

/** The number of segments that the version remembers, of the last writes that raised it. */
const MOST_RECENT = 100;

/** The number of writes that changed the evaluation, and the segments of the last of these writes, newest last. */
const Version = z.strictObject({ version: z.number(), recent: z.readonly(z.array(z.string())) });
export type Version = z.infer<typeof Version>;

/** The version of all definitions as it is now: one consistent read. */
export async function definitionsVersion(): Promise<Version> {
  const item = await get(key.segmentsVersion());
  return item ? Version.parse(bodyOf(item)) : { version: 0, recent: [] };
}

/** The write that raises the version for a segment, on condition that it is still as it was read. */
export function bumpOf({ version, recent }: Version, segment: string): Part {
  const next: Version = { version: version + 1, recent: [...recent, segment].slice(-MOST_RECENT) };
  return putPart(
    { ...stamped('version', next), ...key.segmentsVersion() },
    version === 0
      ? { expression: 'attribute_not_exists(PK)' }
      : { expression: 'version = :version', values: { ':version': version } },
  );
}

/** The segments whose writes raised one version to a later one; null when the version does not remember them all. */
export function changedSince(version: number, later: Version): readonly string[] | null {
  const count = later.version - version;
  if (count < 0 || count > later.recent.length) return null;
  return count === 0 ? [] : [...new Set(later.recent.slice(-count))];
}
