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
 * Points the process at its table, once; a failure is not remembered, so that the next call tries again. A function that
 * was given no table has nothing to open.
 */
export function ready(): Promise<void> {
  if (!env.hasTable) return Promise.resolve();
  readiness ??= open().catch((error: unknown) => {
    readiness = undefined;
    throw error;
  });
  return readiness;
}
