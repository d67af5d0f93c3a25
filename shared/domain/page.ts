/** The most bytes of a page's items: an answer of a function ends at six million. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * As many items from the front as a page holds, and whether that is fewer than were given. The first is always in it.
 */
export function cutToBytes<T>(items: readonly T[]): { readonly items: readonly T[]; readonly cut: boolean } {
  let bytes = 0;
  const end = items.findIndex((item, index) => {
    bytes += Buffer.byteLength(JSON.stringify(item));
    return index > 0 && bytes > MAX_PAGE_BYTES;
  });
  return end === -1 ? { items, cut: false } : { items: items.slice(0, end), cut: true };
}
