import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';

/** What a company would set for its deployment, for one machine. The first key's address must be among them. */
const local = {
  stage: 'dev',
  sender: 'roster@example.com',
  allowedRecipients: ['*@example.com'],
  operators: ['owner@example.com'],
  // One table without a network is cheap to ask, and a key that somebody revokes is seen to be dead.
  keyCacheSeconds: 0,
};

export const owner = { name: 'owner', email: 'owner@example.com' };

const CdkJson = z.object({ context: z.optional(z.record(z.string(), z.unknown())) });

/** The context of cdk.json with the settings of one machine on top. */
export function readCdkContext(file: string): Record<string, unknown> {
  const { context } = z.parse(CdkJson, JSON.parse(readFileSync(file, 'utf8')));
  return { ...context, ...local };
}
