import * as z from 'zod/mini';
import { key } from '../../data/keys.ts';
import * as memberships from '../../data/segments/memberships.ts';
import { readDefinition } from '../../data/segments/segments.ts';
import { getMany } from '../../data/table/batches.ts';
import { readable } from '../../data/table/readable.ts';
import { membershipName, readMembership } from '../../domain/segments/membership.ts';
import { SegmentKind } from '../../domain/segments/segment.ts';

/** A segment that a user is in, and since when. */
export const UserSegment = z.strictObject({ id: z.string(), name: z.string(), kind: SegmentKind, since: z.string() });
export type UserSegment = z.infer<typeof UserSegment>;

/** The segments of a user, by the live version of each, in the order in which the user entered them. */
export async function segmentsOf(user: string): Promise<readonly UserSegment[]> {
  const had = await memberships.ofUser(user);
  const ids = new Set(Object.keys(had).map((name) => readMembership(name).segment));
  const items = await getMany([...ids].map(key.segment), { consistent: true });
  const inThem = readable(items, readDefinition).flatMap(({ id, name, kind, live }) => {
    const since = had[membershipName(id, live)];
    return since === undefined ? [] : [{ id, name, kind, since: new Date(since).toISOString() }];
  });
  return inThem.sort((a, b) => (a.since + a.id < b.since + b.id ? -1 : 1));
}
