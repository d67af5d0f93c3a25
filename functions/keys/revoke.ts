import * as apiKeys from '../../shared/data/access/api-keys.ts';
import { Problem } from '../../shared/domain/errors.ts';
import { action } from '../../shared/runtime/action.ts';

/** Revokes an API key; the last live owner key stays, or nobody could make another. */
export const handler = action({ summary: 'Revoke an API key', scope: 'keys', status: 204 }, async ({ params, now }) => {
  const revoked = await apiKeys.revoke(params.id ?? '', now);
  if (revoked === 'notFound') throw new Problem('notFound', 'There is no such live key.');
  if (revoked === 'lastOwner') throw new Problem('lastOwner', 'This is the last live owner key. Make another first.');
});
