/** The most bytes of a page's items: Lambda limits an answer to six million bytes. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * The first items that fit into a page, always at least one. `cut` is true when items were left out.
 */
export function cutToBytes<T>(items: readonly T[]): { readonly items: readonly T[]; readonly cut: boolean } {
  let bytes = 0;
  const end = items.findIndex((item, index) => {
    bytes += Buffer.byteLength(JSON.stringify(item));
    return index > 0 && bytes > MAX_PAGE_BYTES;
  });
  return end === -1 ? { items, cut: false } : { items: items.slice(0, end), cut: true };
}
