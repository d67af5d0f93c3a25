import { Problem } from '../domain/errors.ts';

/** The tags of an `If-Match` or `If-None-Match` header: `"3"`, `W/"3"`, a list, `*`. */
function tagsOf(header: string): readonly string[] {
  return header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}

/** The ETag of a version. */
export const etagOf = (version: number) => `"${version}"`;

/** Whether a header of tags names this version. */
export function names(header: string, version: number): boolean {
  const tags = tagsOf(header);
  return tags.includes('*') || tags.includes(etagOf(version));
}

/** The check that a writer makes on the version it has read. @throws Problem `stale` */
export function assertIfMatch(header: string | undefined): (version: number) => void {
  return (version) => {
    if (header === undefined || names(header, version)) return;
    throw new Problem('stale', 'This was changed since you read it. Read it again and repeat the change.', {
      errors: [],
    });
  };
}
