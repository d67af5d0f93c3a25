import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import inbox from 'aws-ses-v2-local';
import { getStoreReadonly } from 'aws-ses-v2-local/dist/store.js';
import * as z from 'zod/mini';
import { closeServer, loopback } from '../process/ports.ts';

const Kept = z.array(
  z.custom<ReturnType<typeof getStoreReadonly>['emails'][number]>((value) => typeof value === 'object'),
);

/** SES with an inbox page in the browser. Mails are kept in `directory`, or nowhere when there is none. */
export async function startMail(directory: string | null, port: number) {
  const file = directory === null ? null : join(directory, 'mails.json');
  const { emails } = getStoreReadonly();
  if (file !== null && existsSync(file)) emails.push(...z.parse(Kept, JSON.parse(readFileSync(file, 'utf8'))));
  let kept = emails.length;
  const server = await inbox.default({ host: loopback, port });
  server.on('request', (_, response) => {
    response.once('finish', () => {
      const now = getStoreReadonly().emails;
      if (file === null || now.length === kept) return;
      kept = now.length;
      writeFileSync(file, JSON.stringify(now));
    });
  });
  return {
    endpoint: `http://${loopback}:${port}`,
    stop: () => closeServer(server),
  };
}
