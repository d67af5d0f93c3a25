import * as z from 'zod/mini';
import { connected } from '../data/table/client.ts';
import { type Position, readCursor, writeCursor } from '../domain/cursor.ts';
import type { Reading } from '../domain/report.ts';
import { wholeNumber } from './query.ts';

/** Query parameters of every list: the size of a page, and the cursor at which it begins. */
export const pageQuery = {
  limit: z._default(z.pipe(wholeNumber, z.int().check(z.minimum(1), z.maximum(100))), 50),
  cursor: z.optional(z.string()),
};

/** The answer of a list of such items. Only `nextCursor: null` ends the list. */
export const pageOf = <T extends z.ZodMiniType>(item: T) =>
  z.strictObject({
    data: z.readonly(z.array(item)),
    nextCursor: z.nullable(z.string()),
    partial: z.optional(z.literal(true)),
  });

type Listing = {
  readonly rawPath: string;
  readonly query: Readonly<Record<string, unknown>>;
};

/** The text that a cursor is signed with: the path and every query parameter but `limit` and `cursor`. */
function boundTo({ rawPath, query }: Listing): string {
  const own = Object.entries(query).filter(
    ([name, value]) => name !== 'limit' && name !== 'cursor' && value !== undefined,
  );
  return JSON.stringify([rawPath, own.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** The position at which the requested page begins; undefined for the first page. */
export function positionOf(call: Listing): Reading<Position | undefined> {
  const { cursor } = call.query;
  return typeof cursor === 'string' ? readCursor(cursor, boundTo(call), connected().secret) : { value: undefined };
}

/** The cursor of the page that begins at this position; null at the end of the list. */
export function cursorTo(position: Position | null, call: Listing): string | null {
  return position && writeCursor(position, boundTo(call), connected().secret);
}
