import * as z from 'zod/mini';
import { connected } from '../data/table/client.ts';
import { type Position, readCursor, writeCursor } from '../domain/cursor.ts';
import type { Reading } from '../domain/report.ts';

/** Query parameters of every list: a page's size, and where it begins. */
export const pageQuery = {
  limit: z._default(
    z.pipe(
      z.string().check(z.regex(/^\d{1,9}$/, 'Must be a whole number.')),
      z.pipe(
        z.transform((text: string) => Number(text)),
        z.number().check(z.minimum(1), z.maximum(100)),
      ),
    ),
    50,
  ),
  cursor: z.optional(z.string()),
};

/** What a list answers: `nextCursor: null` alone ends it. */
export const pageOf = <T extends z.ZodMiniType>(item: T) =>
  z.strictObject({
    data: z.readonly(z.array(item)),
    nextCursor: z.nullable(z.string()),
    partial: z.optional(z.literal(true)),
  });

type Listing = {
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
};

/** What a cursor is bound to: the path and every parameter but the page's own. */
function boundTo({ path, query }: Listing): string {
  const own = Object.entries(query).filter(
    ([name, value]) => name !== 'limit' && name !== 'cursor' && value !== undefined,
  );
  return JSON.stringify([path, own.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Where the asked page begins; undefined for the first. */
export function positionOf(call: Listing): Reading<Position | undefined> {
  const { cursor } = call.query;
  return typeof cursor === 'string' ? readCursor(cursor, boundTo(call), connected().secret) : { value: undefined };
}

/** Several readings as one: all their values under their names, or the faults of all. */
export function together<Values extends Record<string, unknown>>(
  readings: {
    readonly [Name in keyof Values]: Reading<Values[Name]>;
  },
): Reading<Values> {
  const named = Object.entries<Reading<unknown>>(readings);
  const faults = named.flatMap(([, reading]) => ('faults' in reading ? reading.faults : []));
  if (faults.length > 0) return { faults };
  const values = named.flatMap(([name, reading]) => ('value' in reading ? [[name, reading.value]] : []));
  return { value: Object.fromEntries(values) as Values };
}

/** The cursor of the next page; null where the list ends. */
export function cursorTo(position: Position | null, call: Listing): string | null {
  return position && writeCursor(position, boundTo(call), connected().secret);
}
