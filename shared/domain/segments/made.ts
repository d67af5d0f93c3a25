import * as z from 'zod/mini';
import type { NewSegment } from './input.ts';
import { Segment } from './segment.ts';

/** The indexes of texts in a list. A record of an idempotent call holds these, since it must not hold a reference. */
export const placesOf = (texts: readonly string[], list: readonly string[]) => texts.map((one) => list.indexOf(one));

/** The texts at some indexes of a list. */
export const standingAt = (places: readonly number[], list: readonly string[]) =>
  places.flatMap((at) => list[at] ?? []);

/** The answer to the creation of a segment. It has `notFound` when the body had `members`. */
export const MadeSegment = z.extend(Segment, { notFound: z.exactOptional(z.readonly(z.array(z.string()))) });
type MadeSegment = z.infer<typeof MadeSegment>;

/** The answer to the creation of this segment. */
export const madeOf = (segment: Segment, notFound: readonly string[] | undefined): MadeSegment =>
  notFound ? { ...segment, notFound } : segment;

/** The indexes, in the members of the body, of the references that `notFound` lists. */
export const lostPlaces = ({ notFound = [] }: MadeSegment, { members = [] }: NewSegment) => placesOf(notFound, members);

/** The answer to the same body again, with the segment as it now is; null when it was deleted. */
export const madeAgain = (segment: Segment | null, { members }: NewSegment, lost: readonly number[]) =>
  segment && madeOf(segment, members && standingAt(lost, members));
