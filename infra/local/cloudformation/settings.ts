import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';

/** The settings that a company makes for its deployment, for one machine. The first key's address must be allowed. */
const local = {
  stage: 'dev',
  sender: 'roster@example.com',
  allowedRecipients: ['*@example.com'],
  operators: ['owner@example.com'],
  // A read of the local table is cheap, so a revoked key stops working at once.
  keyCacheSeconds: 0,
};

export const owner = { name: 'owner', email: 'owner@example.com' };

const CdkJson = z.object({ context: z.optional(z.record(z.string(), z.unknown())) });

/** The context of cdk.json with the settings of one machine on top. */
export function readCdkContext(file: string): Record<string, unknown> {
  const { context } = z.parse(CdkJson, JSON.parse(readFileSync(file, 'utf8')));
  return { ...context, ...local };
}
