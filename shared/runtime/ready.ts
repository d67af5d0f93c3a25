import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { connect } from '../data/table/client.ts';
import { dynamodb, secretsManager } from './clients.ts';
import { env } from './env.ts';
import { log, traceOf } from './log.ts';

let readiness: Promise<void> | undefined;

async function open(): Promise<void> {
  const { SecretString } = await secretsManager().send(new GetSecretValueCommand({ SecretId: env.secret }));
  if (!SecretString) throw new Error('the deployment has no secret');
  const onUnreadable = (entity: string, error: unknown) =>
    log.error('stored item cannot be read', { entity, ...traceOf(error) });
  connect({ client: dynamodb(), table: env.table, secret: SecretString, shards: env.shards, onUnreadable });
}

/**
 * Connects the process to its table, once. A failure is not cached: the next call tries again. A function without a table
 * connects to nothing.
 */
export function ready(): Promise<void> {
  if (!env.hasTable) return Promise.resolve();
  readiness ??= open().catch((error: unknown) => {
    readiness = undefined;
    throw error;
  });
  return readiness;
}
