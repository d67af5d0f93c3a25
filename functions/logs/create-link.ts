import * as z from 'zod/mini';
import { fileOf, newLink } from '../../shared/app/jobs/links.ts';
import { visibleJob } from '../../shared/app/jobs/view.ts';
import { LOG_SCOPES } from '../../shared/domain/jobs/log.ts';
import { action } from '../../shared/runtime/action.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** The address is shown once: a repeated call answers null for it. */
const ShownLink = z.strictObject({ url: z.nullable(z.string()), name: z.string(), expiresAt: z.string() });

export const handler = action(
  {
    summary: 'Make a link to a file of a job',
    description:
      'The link works for 72 hours, any number of times. `url` is shown once. A job that has not ended is a 409 `notFinished`, a file that is not kept any more a 410.',
    scope: LOG_SCOPES,
    path: IdPath,
    body: z.strictObject({ name: z.string() }),
    status: 201,
    output: ShownLink,
    // The link itself cannot be read again, but the log of its job can.
    location: (_, { id }) => `/v1/logs/${id}`,
  },
  async ({ path, body, apiKey, now, entropy }) => {
    const job = await visibleJob(path.id, apiKey);
    await fileOf(deploymentBucket(), job, body.name, now);
    const { url, link } = await newLink(job, body.name, { now, entropy }, env.apiUrl);
    return { url, name: link.name, expiresAt: link.expiresAt };
  },
);
