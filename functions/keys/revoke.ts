import * as apiKeys from '../../shared/data/api-keys.ts';
import { Problem } from '../../shared/domain/errors.ts';
import { action } from '../../shared/runtime/action.ts';

/** Revokes an API key; the last live owner key stays, or nobody could make another. */
export const handler = action({ summary: 'Revoke an API key', scope: 'keys', status: 204 }, async ({ params, now }) => {
  const keys = await apiKeys.all();
  const key = keys.find(({ id }) => id === params.id);
  if (!key || key.revokedAt !== null) throw new Problem('notFound', 'There is no such live key.');
  const owners = keys.filter(
    ({ scopes, revokedAt, expiresAt }) =>
      scopes.includes('owner') && revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now),
  );
  if (owners.length === 1 && owners[0]?.id === key.id) {
    throw new Problem('lastOwner', 'This is the last live owner key. Make another first.');
  }
  await apiKeys.revoke(key.id, new Date(now).toISOString());
});
