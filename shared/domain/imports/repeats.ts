/**
 * A hash of an identifier in 53 bits, so that it is one number: cyrb53 (public domain, bryc,
 * https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js). Two identifiers that share a hash by accident
 * cost some speed and nothing else.
 */
export function identifierHash(field: string, value: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  const mix = (code: number) => {
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  };
  for (let at = 0; at < field.length; at += 1) mix(field.charCodeAt(at));
  mix(0x3a);
  for (let at = 0; at < value.length; at += 1) mix(value.charCodeAt(at));
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** Finds which of very many hashes stand more than once; eight bytes are kept of each. */
export type RepeatFinder = {
  readonly add: (hash: number) => void;
  /** The hashes that were added more than once, each once, ascending. */
  readonly repeated: () => Float64Array;
};

const BLOCK = 1 << 20;

/** A finder of repeated hashes. */
export function repeatFinder(): RepeatFinder {
  const full: Float64Array[] = [];
  let block = new Float64Array(1 << 12);
  let size = 0;

  function grow(): void {
    if (block.length < BLOCK) {
      const larger = new Float64Array(block.length * 4);
      larger.set(block);
      block = larger;
      return;
    }
    full.push(block);
    block = new Float64Array(BLOCK);
    size = 0;
  }

  function add(hash: number): void {
    if (size === block.length) grow();
    block[size] = hash;
    size += 1;
  }

  function repeated(): Float64Array {
    const all = new Float64Array(full.length * BLOCK + size);
    for (const [index, one] of full.entries()) all.set(one, index * BLOCK);
    all.set(block.subarray(0, size), full.length * BLOCK);
    all.sort();
    const found: number[] = [];
    for (let at = 1; at < all.length; at += 1) {
      const hash = all[at] ?? 0;
      if (hash === all[at - 1] && hash !== found.at(-1)) found.push(hash);
    }
    return Float64Array.from(found);
  }

  return { add, repeated };
}

type Identified = { readonly given: readonly { readonly field: string; readonly value: string }[] };

/** Numbers that are being united into sets; `top` is the one number that stands for a set. */
function unions() {
  const above = new Map<number, number>();
  const top = (index: number): number => {
    let at = index;
    for (let up = above.get(at); up !== undefined; up = above.get(at)) at = up;
    if (at !== index) above.set(index, at);
    return at;
  };
  const unite = (one: number, other: number): void => {
    const [a, b] = [top(one), top(other)];
    if (a !== b) above.set(b, a);
  };
  return { top, unite };
}

/**
 * The chain of each row, as a number: rows that share an identifier, directly or through other rows, are in one chain. The
 * outcome of a row depends on rows of its own chain only.
 */
export function chainsOf(rows: readonly Identified[]): readonly number[] {
  const { top, unite } = unions();
  const firstWith = new Map<string, number>();
  for (const [index, { given }] of rows.entries()) {
    for (const { field, value } of given) {
      const name = `${field}\n${value}`;
      const first = firstWith.get(name);
      if (first === undefined) firstWith.set(name, index);
      else unite(first, index);
    }
  }
  return rows.map((_, index) => top(index));
}

/**
 * The rows of the next batch, in their order: at most so many, and at most so many of one chain. Of each chain they are
 * the first.
 */
export function nextBatch<R extends { readonly chain: number }>(
  rows: readonly R[],
  most: { readonly rows: number; readonly ofChain: number },
): readonly R[] {
  const taken = new Map<number, number>();
  const batch: R[] = [];
  for (const row of rows) {
    if (batch.length === most.rows) break;
    const before = taken.get(row.chain) ?? 0;
    if (before === most.ofChain) continue;
    taken.set(row.chain, before + 1);
    batch.push(row);
  }
  return batch;
}
