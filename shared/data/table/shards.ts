import { type Attributes, connected } from './client.ts';
import type { Expression } from './expression.ts';
import { page } from './query.ts';

/** A list whose items are spread over many partitions, each in the order of its sort key, and the page to read. */
export type ShardedList = {
  readonly partition: (shard: number) => string;
  /** The sort key of the last item examined; the page begins behind it. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly newestFirst: boolean;
};

/** A page of a sharded list, in order over all shards. `end` says that nothing is behind it. */
export type ShardedPage = { readonly items: readonly Attributes[]; readonly end: boolean };

type Reader = { readonly shard: number; buffer: Attributes[]; after: string | undefined; more: boolean };

function condition(list: ShardedList, reader: Reader): Expression {
  const values = { ':pk': list.partition(reader.shard) };
  if (reader.after === undefined) return { expression: 'PK = :pk', values };
  const comparison = list.newestFirst ? '<' : '>';
  return { expression: `PK = :pk AND SK ${comparison} :after`, values: { ...values, ':after': reader.after } };
}

async function fill(list: ShardedList, reader: Reader, limit: number): Promise<void> {
  const { items, next } = await page({ key: condition(list, reader), limit, newestFirst: list.newestFirst });
  reader.buffer = [...items];
  reader.after = next ? String(next.SK) : undefined;
  reader.more = next !== undefined;
}

function firstOf(readers: readonly Reader[], newestFirst: boolean): Reader | undefined {
  let best: Reader | undefined;
  for (const reader of readers) {
    const [head] = reader.buffer;
    const [bestHead] = best?.buffer ?? [];
    if (head && (!bestHead || String(head.SK) > String(bestHead.SK) === newestFirst)) best = reader;
  }
  return best;
}

/**
 * Reads one page of a list that is spread over many partitions, merged by sort key.
 *
 * Each shard is asked for its even share and three more, and again only where it runs dry: with random shards a page
 * of 50 mostly costs one small read a shard.
 */
export async function pageOfShards(list: ShardedList): Promise<ShardedPage> {
  const { shards } = connected();
  const share = Math.floor(list.limit / shards) + 3;
  const readers = Array.from(
    { length: shards },
    (_, shard): Reader => ({ shard, buffer: [], after: list.after, more: true }),
  );
  await Promise.all(readers.map((reader) => fill(list, reader, share)));
  const items: Attributes[] = [];
  while (items.length < list.limit) {
    const reader = firstOf(readers, list.newestFirst);
    const head = reader?.buffer.shift();
    if (!reader || !head) break;
    items.push(head);
    if (reader.buffer.length === 0 && reader.more) await fill(list, reader, share);
  }
  const end = readers.every((reader) => reader.buffer.length === 0 && !reader.more);
  return { items, end };
}
