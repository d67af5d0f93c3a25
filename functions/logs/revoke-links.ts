import { visibleJob } from '../../shared/app/jobs/view.ts';
import { revokeLinks } from '../../shared/data/jobs/ended-jobs.ts';
import { LOG_SCOPES } from '../../shared/domain/jobs/log.ts';
import { action } from '../../shared/runtime/action.ts';
import { IdPath } from '../../shared/runtime/path.ts';

export const handler = action(
  {
    summary: 'Revoke all links of a job',
    description: 'All links that were made up to now end, those in mails too. New ones can be made.',
    scope: LOG_SCOPES,
    path: IdPath,
    status: 204,
  },
  async ({ path, apiKey, now }) => {
    const { id } = await visibleJob(path.id, apiKey);
    await revokeLinks(id, new Date(now).toISOString());
  },
);
