import { appendFileSync, writeFileSync } from 'node:fs';
import type { Grant } from './policy.ts';
import { grantText, type Role } from './roles.ts';

/** Notes each grant at its first use, one a line, in a file that outlives the stack; nothing where no file is named. */
export function noteGrants(file: string | null): (role: Role, grant: Grant) => void {
  if (file === null) return () => {};
  writeFileSync(file, '', { mode: 0o600 });
  const noted = new Set<string>();
  return (role, grant) => {
    const text = grantText(role, grant);
    if (noted.has(text)) return;
    noted.add(text);
    appendFileSync(file, `${text}\n`);
  };
}
