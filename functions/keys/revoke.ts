import * as apiKeys from '../../shared/data/access/api-keys.ts';
import { Problem } from '../../shared/domain/errors.ts';
import { action } from '../../shared/runtime/action.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** Revokes an API key; the last live owner key stays, or nobody could make another. */
export const handler = action(
  { summary: 'Revoke an API key', scope: 'keys', path: IdPath, status: 204 },
  async ({ path, now }) => {
    const revoked = await apiKeys.revoke(path.id, now);
    if (revoked === 'notFound') throw new Problem('notFound', 'There is no such live key.');
    if (revoked === 'lastOwner') throw new Problem('lastOwner', 'This is the last live owner key. Make another first.');
  },
);
