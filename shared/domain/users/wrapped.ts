/**
 * The plain text of a reference in a percent-decoded path. A reference with characters that a gateway would change is
 * written as `~` and its base64url: `~dXNlcklkOmEvYg` is `userId:a/b`. Null when it is malformed.
 */
export function unwrapped(text: string): string | null {
  if (!text.startsWith('~')) return text;
  const bytes = Buffer.from(text.slice(1), 'base64url');
  return bytes.toString('base64url') === text.slice(1).replace(/=+$/, '') ? bytes.toString('utf8') : null;
}
