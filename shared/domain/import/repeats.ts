/**
 * A hash of an identifier in 53 bits, so that it is one number: cyrb53 (public domain, bryc,
 * https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js). Two identifiers that share a hash by chance
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

/**
 * Sorts rows into waves: no two rows of a wave share an identifier, and of two rows that do the earlier one stands in the
 * earlier wave. So each wave can be applied at once, and everybody's rows keep the order of the file.
 */
export function wavesOf<R extends { readonly given: readonly { readonly field: string; readonly value: string }[] }>(
  rows: readonly R[],
): readonly (readonly R[])[] {
  const last = new Map<string, number>();
  const waves: R[][] = [];
  for (const row of rows) {
    const names = row.given.map(({ field, value }) => `${field}\n${value}`);
    const wave = Math.max(-1, ...names.map((name) => last.get(name) ?? -1)) + 1;
    for (const name of names) last.set(name, wave);
    const mates = waves[wave];
    if (mates) mates.push(row);
    else waves.push([row]);
  }
  return waves;
}
