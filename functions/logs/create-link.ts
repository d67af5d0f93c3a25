import * as z from 'zod/mini';
import { LOG_SCOPES } from '../../shared/domain/jobs/log.ts';
import { action } from '../../shared/runtime/action.ts';
import { Reply } from '../../shared/runtime/contract.ts';
import { jobOfPath } from '../../shared/runtime/job-of.ts';
import { fileOf, newLink } from '../../shared/runtime/links.ts';

/** The address is shown once: a repeated call answers null for it. */
const ShownLink = z.strictObject({ url: z.nullable(z.string()), name: z.string(), expiresAt: z.string() });

export const handler = action(
  {
    summary: 'Make a link to a file of a job',
    scope: LOG_SCOPES,
    body: z.strictObject({ name: z.string() }),
    status: 201,
    output: ShownLink,
  },
  async (call) => {
    const job = await jobOfPath(call);
    await fileOf(job, call.body.name, call.now);
    const { url, link } = await newLink(job, call.body.name, call);
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      // The link itself is for once and for whoever is given it; what can be read again is the log.
      location: `/v1/logs/${job.id}`,
    };
    return new Reply(
      201,
      headers,
      JSON.stringify(ShownLink.parse({ url, name: link.name, expiresAt: link.expiresAt })),
    );
  },
);
