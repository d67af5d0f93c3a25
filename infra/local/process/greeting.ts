import { relative } from 'node:path';
import type { LocalStack } from '../stack.ts';

/** The text that a person reads first: the addresses, the first key, and three commands to try. */
export function greeting(stack: LocalStack, data: string, seconds: number): string {
  const near = relative(process.cwd(), data);
  const elsewhere = near === '.roster' ? '' : ` --data '${data}'`;
  const place = near.startsWith('..') ? data : near || '.';
  const key = `-H 'Authorization: Bearer ${stack.keyRevoked ? '<another key>' : stack.key}'`;
  const rule = '{"name":"In the US","kind":"dynamic","rule":{"field":"country","op":"is","value":"US"}}';
  return [
    '',
    `Roster runs (${seconds.toFixed(1)} s). Ctrl-C stops it; everything stays in ${place}.`,
    '',
    `  API          ${stack.api}`,
    `  Docs         ${stack.docs}`,
    `  Mail inbox   ${stack.mail}`,
    `  Bucket       ${stack.s3.bucket} at ${stack.s3.endpoint}`,
    stack.keyRevoked
      ? `  First key    revoked. Make another with: npm start -- --new-key${elsewhere}`
      : `  First key    ${stack.key}`,
    '',
    'Try, in another terminal:',
    '',
    `  curl -s '${stack.api}/v1/imports/template?example=true' ${key} > users.csv && npm run drop --${elsewhere} users.csv`,
    `  curl -s '${stack.api}/v1/users?limit=5' ${key}`,
    `  curl -s '${stack.api}/v1/segments' ${key} -H 'Content-Type: application/json' -d '${rule}'`,
    '',
  ].join('\n');
}
