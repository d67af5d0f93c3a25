import * as z from 'zod/mini';
import { LOG_SCOPES } from '../../shared/domain/jobs/log.ts';
import { action } from '../../shared/runtime/action.ts';
import { jobOfPath } from '../../shared/runtime/job-of.ts';
import { fileOf, newLink } from '../../shared/runtime/links.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** The address is shown once: a repeated call answers null for it. */
const ShownLink = z.strictObject({ url: z.nullable(z.string()), name: z.string(), expiresAt: z.string() });

export const handler = action(
  {
    summary: 'Make a link to a file of a job',
    scope: LOG_SCOPES,
    path: IdPath,
    body: z.strictObject({ name: z.string() }),
    status: 201,
    output: ShownLink,
    // The link itself is for once and for whoever is given it; what can be read again is the log.
    location: (_, { id }) => `/v1/logs/${id}`,
  },
  async (call) => {
    const job = await jobOfPath(call);
    await fileOf(job, call.body.name, call.now);
    const { url, link } = await newLink(job, call.body.name, call);
    return { url, name: link.name, expiresAt: link.expiresAt };
  },
);
