import type { StoredJob } from '../../domain/jobs/job.ts';
import { key } from '../keys.ts';
import { update } from '../table/operations.ts';

/*
 * What still changes on a job after its end: each field by itself, so that telling people and revoking links do not undo
 * one another.
 */

const THERE = { expression: 'attribute_exists(PK)' };

/** Notes who is still to be told of a job's end, and what went wrong with that. */
export async function noteTold({ id, notify, warnings }: StoredJob): Promise<void> {
  const change = {
    expression: 'SET #notify = :notify, #warnings = :warnings',
    names: { '#notify': 'notify', '#warnings': 'warnings' },
    values: { ':notify': notify, ':warnings': warnings },
  };
  await update(key.job(id), change, THERE);
}

/** Ends all links of a job that were made up to this instant (ISO). One that comes late undoes no later one. */
export async function revokeLinks(id: string, at: string): Promise<void> {
  const change = { expression: 'SET linksRevokedAt = :at', values: { ':at': at } };
  await update(key.job(id), change, {
    expression: 'linksRevokedAt = :never OR linksRevokedAt < :at',
    values: { ':never': null, ':at': at },
  });
}
