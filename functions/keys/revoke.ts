import * as apiKeys from '../../shared/data/access/api-keys.ts';
import { Problem } from '../../shared/domain/errors.ts';
import { assertHoldsAll } from '../../shared/domain/keys/input.ts';
import { action } from '../../shared/runtime/action.ts';
import { IdPath } from '../../shared/runtime/path.ts';

const noKey = () => new Problem('notFound', 'There is no such live key.');

/** Revokes an API key. The last live owner key stays: without it no other key could be created. */
export const handler = action(
  {
    summary: 'Revoke an API key',
    description:
      'A key revokes only keys whose scopes it holds itself, else 403 `missingScope`. The last live `owner` key stays: 409 `lastOwner`. A revoked key stops working within 60 s in the cloud, at once on one machine. A second call is a 404.',
    scope: 'keys',
    path: IdPath,
    status: 204,
  },
  async ({ path, apiKey, now }) => {
    const key = await apiKeys.byId(path.id);
    if (!key || key.revokedAt !== null) throw noKey();
    assertHoldsAll(apiKey, key.scopes);
    const revoked = await apiKeys.revoke(key.id, now);
    if (revoked === 'notFound') throw noKey();
    if (revoked === 'lastOwner') throw new Problem('lastOwner', 'This is the last live owner key. Make another first.');
  },
);
