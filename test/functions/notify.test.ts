import { createServer } from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import { notify } from '../../shared/app/jobs/notify.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import type { StoredJob } from '../../shared/domain/jobs/job.ts';
import { mailing } from '../../shared/runtime/mailing.ts';
import { startDeployment } from '../support/deployment/deployment.ts';
import { endpointOf } from '../support/deployment/endpoint.ts';
import { importJob } from '../support/jobs/import-job.ts';

const SENT = '<SendEmailResponse><SendEmailResult><MessageId>1</MessageId></SendEmailResult></SendEmailResponse>';
const AT = '2026-01-31T09:30:00.000Z';
const ADDRESSES = ['one@example.com', 'two@example.com', 'three@example.com'];

const job: StoredJob = {
  ...importJob({ id: 'imp_told', createdAt: AT, notify: ADDRESSES }),
  status: 'succeeded',
  finishedAt: AT,
};

/** The addresses that the job still has to notify when each mail is sent. */
const left: (readonly string[])[] = [];

beforeAll(async () => {
  await startDeployment();
  await jobs.create(job);
  const server = createServer((request, response) => {
    request.resume();
    void jobs.byId(job.id).then((stored) => {
      left.push(stored?.notify ?? []);
      response.end(SENT);
    });
  });
  process.env.AWS_ENDPOINT_URL_SES = await endpointOf(server);
});

test('each notified address is saved before the next mail, so that a crash between them mails no address twice', async () => {
  await notify(job, mailing(), Date.parse(AT));
  expect(left).toEqual([ADDRESSES, ADDRESSES.slice(1), ADDRESSES.slice(2)]);
  expect(await jobs.byId(job.id)).toMatchObject({ notify: [], warnings: [] });
});
