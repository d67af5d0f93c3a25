import { createServer, type ServerResponse } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { keepRunning } from '../../shared/app/jobs/keep-running.ts';
import { requestRepairs } from '../../shared/app/segments/request-repairs.ts';
import { start } from '../../shared/app/workflows/workflow.ts';
import { connect } from '../../shared/data/table/client.ts';
import { get } from '../../shared/data/table/operations.ts';
import { sendMail } from '../../shared/mail/send.ts';
import { CLIENT_TIMEOUTS, dynamodb, s3, ses, sfn, sqs } from '../../shared/runtime/clients.ts';
import { ready } from '../../shared/runtime/ready.ts';
import { at, openBucket } from '../../shared/storage/bucket.ts';
import { endpointOf } from '../support/deployment/endpoint.ts';

type Answer = (response: ServerResponse) => void;

let writes = 0;

/** A time above the time-out of an answer without a body. */
function slowly(response: ServerResponse): void {
  writes += 1;
  setTimeout(() => response.end(), CLIENT_TIMEOUTS.requestTimeout + 1_000);
}

/** A service that answers its first calls one by one like this, and every later one like the last; writes take long. */
async function answering(...answers: readonly Answer[]): Promise<string> {
  let calls = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'PUT') return slowly(response);
    (answers[calls] ?? answers.at(-1))?.(response);
    calls += 1;
  });
  return endpointOf(server);
}

const silence = () => undefined;
const text = (body: string) => (response: ServerResponse) => void response.end(body);
const json = (body: object) => text(JSON.stringify(body));
/** The headers and half of the body, and then nothing. */
const half = (response: ServerResponse) => void response.writeHead(200, { 'content-length': 4 }).write('ab');

const SENT = '<SendEmailResponse><SendEmailResult><MessageId>1</MessageId></SendEmailResult></SendEmailResponse>';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:import';
const workflow = () => ({ client: sfn(), machine: MACHINE });
const RUNNING = { executionArn: `${MACHINE}:one`, startDate: 1, status: 'RUNNING' };
const WORDS = { subject: 'A subject', text: 'Words', html: '<p>Words</p>' };
const bucket = openBucket(s3(), 'roster');

let queue: string;
beforeAll(async () => {
  const queueEndpoint = await answering(silence, json({ Successful: [], Failed: [] }));
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: await answering(silence, json({})),
    AWS_ENDPOINT_URL_SES: await answering(silence, text(SENT)),
    // Two of the tests call this service, at the same time.
    AWS_ENDPOINT_URL_SFN: await answering(silence, silence, json(RUNNING)),
    AWS_ENDPOINT_URL_SQS: queueEndpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await answering(silence, json({ SecretString: 'secret' })),
    AWS_ENDPOINT_URL_S3: await answering(silence, half, text('abcd')),
    TABLE: 'roster',
    SHARDS: '16',
    SECRET: 'secret',
  });
  queue = `${queueEndpoint}/000000000000/repairs`;
});

function readItem(): Promise<unknown> {
  connect({ client: dynamodb(), table: 'roster', secret: 'secret', shards: 16, onUnreadable: () => {} });
  return get({ PK: 'SETTINGS', SK: 'SETTINGS' });
}

describe.concurrent('a service that does not answer a call is asked again', () => {
  test.each<[string, () => Promise<unknown>, unknown]>([
    ['an item is read', readItem, null],
    ['the secret is read', ready, undefined],
    ['a workflow is started', () => start(workflow(), 'one', {}), undefined],
    ['a workflow is looked at', () => keepRunning(workflow(), 'one'), true],
    ['a repair is asked for', () => requestRepairs({ client: sqs(), url: queue }, ['user']), undefined],
    ['a mail is sent', () => sendMail(ses(), 'roster@example.com', 'ada@example.com', WORDS), undefined],
    ['an object is read whole', () => bucket.get('object').then(String), 'abcd'],
    ['a range is read', () => bucket.range(at('object'), 0, 4).then(String), 'abcd'],
  ])('%s all the same', async (_, call, result) => {
    expect(await call()).toEqual(result);
  });

  test('but megabytes on their way are waited for', async () => {
    await bucket.put('object', 'abcd');
    expect(writes).toBe(1);
  });
});
