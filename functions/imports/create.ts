import { shownJob } from '../../shared/app/jobs/view.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { importOf, NewImportBody, readImport, StartedImport } from '../../shared/domain/imports/request.ts';
import { jobOf } from '../../shared/domain/jobs/job.ts';
import { action } from '../../shared/runtime/action.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { uploadForm } from '../../shared/storage/signed.ts';
import { MAX_FILE_BYTES } from '../../shared/storage/text.ts';

export const handler = action(
  {
    summary: 'Import a CSV of users',
    description:
      'Answers a form: POST it within 15 minutes as `multipart/form-data`, `fields` first, the file last, as `file`. `mapping` says what the headers of the file mean: `{"Work mail": "email", "Terms": {"key": "terms", "type": "number"}, "Notes": null}`.',
    scope: 'imports',
    body: NewImportBody,
    check: ({ body }) => readImport(body, env.allowedRecipients),
    status: 201,
    output: StartedImport,
    location: ({ job }) => `/v1/imports/${job.id}`,
    replay: {
      remember: ({ job }) => ({ id: job.id }),
      answer: ({ id }) => shownJob(id).then((job) => job && { job, upload: null }),
    },
  },
  async (call) => {
    const { job, key } = importOf(call.body, call.input, call);
    const upload = await uploadForm(deploymentBucket(), key, { maxBytes: MAX_FILE_BYTES, seconds: 900 });
    // A call that is repeated after a failure finds the job of its first run.
    const made = (await jobs.create(job)) ? job : ((await jobs.byId(job.id)) ?? job);
    return { job: jobOf(made), upload };
  },
);
