import { createServer } from 'node:http';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendEmailCommand } from '@aws-sdk/client-ses';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { dynamodb, s3, ses } from '../../shared/runtime/clients.ts';
import { log } from '../../shared/runtime/log.ts';
import { endpointOf } from '../support/deployment/endpoint.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:111122223333:table/roster';
const ROLE = 'arn:aws:sts::111122223333:assumed-role/users-get/users-get';

const error = vi.spyOn(log, 'error');
let answer: { status: number; body: string } = { status: 200, body: '' };

beforeAll(async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, { 'x-amzn-requestid': 'aws-1', 'x-amz-request-id': 'aws-1' });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  });
  const endpoint = await endpointOf(server);
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: endpoint,
  });
});
afterEach(() => error.mockClear());

/** The log lines of a call that AWS answers like this. */
async function logged(status: number, body: string, call: () => Promise<unknown>): Promise<readonly unknown[][]> {
  answer = { status, body };
  await expect(call()).rejects.toThrow();
  return error.mock.calls;
}

const json = (type: string, message: string) => JSON.stringify({ __type: `com.amazonaws#${type}`, message });
const xml = (code: string, message: string) => `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const readItem = () =>
  dynamodb().send(new GetItemCommand({ TableName: 'roster', Key: { PK: { S: 'ID#email#ada' }, SK: { S: 'ID' } } }));
const OBJECT = { Bucket: 'roster', Key: 'imports/ada@example.com.csv' };

test('a denied call is logged with the action and the resource that AWS names', async () => {
  const message = `User: ${ROLE} is not authorized to perform: dynamodb:GetItem on resource: ${TABLE} because no identity-based policy allows the dynamodb:GetItem action`;
  const denied = { code: 'AccessDeniedException', awsRequest: 'aws-1', action: 'dynamodb:GetItem', resource: TABLE };
  expect(await logged(400, json('AccessDeniedException', message), readItem)).toEqual([
    ['AWS call failed', { service: 'dynamodb', operation: 'GetItem', ...denied }],
  ]);
});

test('of a denied object the log names the bucket and the first prefix, not the file', async () => {
  const message = `User: ${ROLE} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::roster/${OBJECT.Key}" because no identity-based policy allows the s3:PutObject action`;
  const put = () => s3().send(new PutObjectCommand({ ...OBJECT, Body: 'a' }));
  expect(await logged(403, xml('AccessDenied', message), put)).toMatchObject([
    ['AWS call failed', { code: 'AccessDenied', action: 's3:PutObject', resource: 'arn:aws:s3:::roster/imports/*' }],
  ]);
});

test('a denied HEAD, which has no body, is logged with the action that it needed', async () => {
  expect(await logged(403, '', () => s3().send(new HeadObjectCommand(OBJECT)))).toMatchObject([
    ['AWS call failed', { operation: 'HeadObject', action: 's3:GetObject', resource: 'arn:aws:s3:::roster/imports/*' }],
  ]);
});

test('of a denied mail the log names no address', async () => {
  const identity = 'arn:aws:ses:us-east-1:111122223333:identity';
  const message = `User \`${ROLE}' is not authorized to perform \`ses:SendEmail' on resource \`${identity}/ada@example.com'`;
  const Message = { Subject: { Data: 'S' }, Body: { Text: { Data: 'T' } } };
  const command = new SendEmailCommand({ Source: 'ada@example.com', Destination: {}, Message });
  expect(
    await logged(403, `<ErrorResponse>${xml('AccessDenied', message)}</ErrorResponse>`, () => ses().send(command)),
  ).toMatchObject([
    ['AWS call failed', { service: 'ses', action: 'ses:SendEmail', resource: `${identity}/*@example.com` }],
  ]);
  expect(JSON.stringify(error.mock.calls)).not.toContain('ada');
});

test('another failure is logged by its code, without the key of the item or the message', async () => {
  const lines = await logged(400, json('ValidationException', 'ada is not valid'), readItem);
  expect(lines).toEqual([
    [
      'AWS call failed',
      { service: 'dynamodb', operation: 'GetItem', code: 'ValidationException', awsRequest: 'aws-1' },
    ],
  ]);
});

test.each<[string, number, string, () => Promise<unknown>]>([
  ['a condition that does not hold', 400, json('ConditionalCheckFailedException', ''), readItem],
  ['an object that does not exist', 404, xml('NoSuchKey', ''), () => s3().send(new GetObjectCommand(OBJECT))],
  ['a HEAD of an object that does not exist', 404, '', () => s3().send(new HeadObjectCommand(OBJECT))],
  ['an object that was replaced', 412, xml('PreconditionFailed', ''), () => s3().send(new GetObjectCommand(OBJECT))],
])('%s is an answer, and not logged', async (_, status, body, call) => {
  expect(await logged(status, body, call)).toEqual([]);
});
