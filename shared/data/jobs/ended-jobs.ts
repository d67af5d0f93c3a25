import type { StoredJob } from '../../domain/jobs/job.ts';
import { key } from '../keys.ts';
import { update } from '../table/operations.ts';

/*
 * The updates of a job that has ended. Each writes its own attributes only, so that a notification and a revocation of
 * links at the same time do not overwrite each other.
 */

const THERE = { expression: 'attribute_exists(PK)' };

/** Saves the addresses that still have to be notified of a job's end, and the warnings. */
export async function saveNotified({ id, notify, warnings }: StoredJob): Promise<void> {
  const change = {
    expression: 'SET #notify = :notify, #warnings = :warnings',
    names: { '#notify': 'notify', '#warnings': 'warnings' },
    values: { ':notify': notify, ':warnings': warnings },
  };
  await update(key.job(id), change, THERE);
}

/** Revokes all links of a job that were made up to this instant (ISO). An earlier instant never replaces a later one. */
export async function revokeLinks(id: string, at: string): Promise<void> {
  const change = { expression: 'SET linksRevokedAt = :at', values: { ':at': at } };
  await update(key.job(id), change, {
    expression: 'linksRevokedAt = :never OR linksRevokedAt < :at',
    values: { ':never': null, ':at': at },
  });
}
