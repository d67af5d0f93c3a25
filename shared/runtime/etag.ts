/** Matches one entity tag or a list of them (RFC 9110, section 8.8.3). */
const TAGS = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;

/** True for a header that `If-Match` and `If-None-Match` may hold: `"3"`, `W/"3"`, a list of such tags, `*`. */
export const isTags = (header: string) => header === '*' || TAGS.test(header);

/** The ETag of a version. */
export const etagOf = (version: number) => `"${version}"`;

/** True when a header of tags, weak or strong, names this version. */
export function names(header: string, version: number): boolean {
  const tags: readonly string[] = header.match(/"[^"]*"/g) ?? [];
  return header === '*' || tags.includes(etagOf(version));
}
