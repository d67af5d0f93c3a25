import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Assembly, readAssembly } from '../../infra/local/cloudformation/assembly.ts';
import { kinds } from '../../infra/local/cloudformation/kinds.ts';
import { arns } from '../../infra/local/cloudformation/names.ts';
import { grantsOf, grantText, readRoles } from '../../infra/local/iam/roles.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { noteOf } from '../../shared/data/segments/work.ts';
import { connect } from '../../shared/data/table/client.ts';
import { put } from '../../shared/data/table/operations.ts';
import { transact } from '../../shared/data/table/transactions.ts';
import { claimOf } from '../../shared/data/users/identifiers.ts';
import { ulid } from '../../shared/domain/id.ts';
import type { StoredJob } from '../../shared/domain/jobs/job.ts';
import { clientOf, until } from '../support/stack/client.ts';
import { type RunningStack, startLocal } from '../support/stack/local.ts';

const folder = mkdtempSync(join(tmpdir(), 'roster-grants-'));
const used = join(folder, 'used');
let stack: RunningStack;
let call: ReturnType<typeof clientOf>;
let assembly: Assembly;
/** What any client of the stack's owner is made with. */
let owner: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

beforeAll(async () => {
  stack = await startLocal({ args: ['--grants', used] });
  call = clientOf(stack);
  const { region, accessKeyId, secretAccessKey } = stack.s3;
  owner = { endpoint: stack.aws.endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  assembly = readAssembly(join(inject('assemblyPlace'), 'cdk.out'), { api: stack.api, storage: stack.s3.endpoint });
  const [secret] = assembly.all(kinds.secret);
  const { SecretString = '' } = await new SecretsManagerClient(owner).send(
    new GetSecretValueCommand({ SecretId: arns.secret(secret?.name ?? '') }),
  );
  const client = new DynamoDBClient({ ...owner, endpoint: stack.dynamodb.endpoint });
  connect({ client, table: stack.dynamodb.table, secret: SecretString, shards: 16, onUnreadable: () => {} });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true });
});

/** Calls a function by its path, as the owner of the deployment may. */
async function invoke(path: string, event: object): Promise<void> {
  const found = assembly.all(kinds.function).find(({ settings }) => settings.Description === path);
  const command = new InvokeCommand({ FunctionName: found?.name, Payload: JSON.stringify(event) });
  const { FunctionError, Payload } = await new LambdaClient(owner).send(command);
  if (FunctionError !== undefined) throw new Error(`${path}: ${Payload?.transformToString()}\n${stack.output()}`);
}

/** Posts with an `Idempotency-Key`, twice. */
async function post(path: string, body: unknown) {
  const key = `${path} ${JSON.stringify(body)}`.replaceAll(/[^\w/]/g, '');
  const send = async () => {
    const response = await fetch(stack.api + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects of an answer.
    return { status: response.status, body: (await response.json()) as any };
  };
  const first = await send();
  await send();
  return first;
}

const drop = (Key: string, Body: string | Uint8Array) =>
  stack.bucket.send(new PutObjectCommand({ Bucket: stack.s3.bucket, Key, Body }));

async function erase(Prefix: string): Promise<void> {
  const { Contents = [] } = await stack.bucket.send(new ListObjectsV2Command({ Bucket: stack.s3.bucket, Prefix }));
  for (const { Key } of Contents) await stack.bucket.send(new DeleteObjectCommand({ Bucket: stack.s3.bucket, Key }));
}

const ended = (id: string) =>
  until(async () => {
    const { body } = await call(`GET /v1/logs/${id}`);
    return body.finishedAt && body;
  });

/** The import of a file, once it has ended. */
async function imported(Key: string) {
  const found = await until(async () => {
    const { body } = await call('GET /v1/logs?type=csv-import');
    return body.data.find((job: { input: { key: string } }) => job.input.key === Key);
  });
  return ended(found.id);
}

const users = (count: number) =>
  ['userId,email,country', ...Array.from({ length: count }, (_, n) => `u${n},u${n}@example.com,IN`)].join('\n');

const ready = (segment: string) =>
  until(async () => (await call(`GET /v1/segments/${segment}`)).body.state === 'ready');

/** Lets a live user own an identifier that it does not carry, as a bulk write that died does. */
async function claimFor(ref: string, ...emails: string[]): Promise<void> {
  const { id } = (await call(`GET /v1/users/${ref}`)).body;
  for (const value of emails) await put(claimOf({ field: 'email', value }, id));
}

let made = 0;
const newId = () => ulid(Date.now(), new Uint8Array(10).fill(++made));

const minutesAgo = (count: number) => new Date(Date.now() - count * 60_000).toISOString();

/** A copy of a job that was created ten minutes ago. */
async function copyOf(id: string, change: Partial<StoredJob>): Promise<string> {
  const job = await jobs.byId(id);
  if (!job) throw new Error(`there is no job ${id}`);
  const copy = { ...job, id: newId(), createdAt: minutesAgo(10), ...change };
  await jobs.create(copy);
  return copy.id;
}

test('users, properties and keys are created, read, changed and deleted', async () => {
  const ada = { properties: { userId: 'ada', email: 'ada@example.com', country: 'IN' } };
  await post('/v1/users', ada);
  await post('/v1/users', { ...ada, tags: ['again'] });
  for (const type of ['number', 'text']) await post('/v1/properties', { key: 'seats', type });
  await post('/v1/users', { properties: { userId: 'cy', email: 'cy@example.com' }, companies: ['acme'] });
  await claimFor('userId:cy', 'ghost1@example.com', 'ghost2@example.com');
  await claimFor('userId:ada', 'ghost3@example.com', 'ghost4@example.com');
  await call('POST /v1/users', { properties: { userId: 'bob', email: 'ghost1@example.com' } });
  for (const path of [
    'properties',
    'properties/seats',
    'users',
    'users/userId:ada',
    'users/userId:ada?include=segments',
  ])
    expect((await call(`GET /v1/${path}`)).status).toBe(200);
  await call('PATCH /v1/users/userId:ada', { properties: { city: 'Pune' } });
  for (const email of ['ada2@example.com', 'cy@example.com', 'ghost2@example.com'])
    await call('PATCH /v1/users/userId:ada', { properties: { email } });
  const key = { name: 'k', email: 'owner@example.com' };
  const plain = (await post('/v1/keys', { ...key, scopes: ['users:read'] })).body;
  await post('/v1/keys', { ...key, scopes: ['users:read'], expiresAt: '2001-01-01T00:00:00Z' });
  const second = (await post('/v1/keys', { ...key, scopes: ['owner'] })).body;
  expect((await call('GET /v1/keys')).status).toBe(200);
  for (const one of [plain, second]) expect((await call(`DELETE /v1/keys/${one.key.id}`)).status).toBe(204);
  expect((await call('DELETE /v1/users/userId:cy')).status).toBe(204);
}, 120_000);

test('segments are filled, followed, changed and deleted', async () => {
  const rule = { field: 'country', op: 'is', value: 'IN' };
  const { body: dynamic } = await post('/v1/segments', { name: 'India', kind: 'dynamic', rule });
  await post('/v1/segments', { name: 'India', kind: 'dynamic', rule: { ...rule, field: 'nothing' } });
  await call('POST /v1/segments/preview', { rule });
  await ready(dynamic.id);
  await call(`GET /v1/users?segment=${dynamic.id}`);
  await call('POST /v1/users', { properties: { userId: 'dee', country: 'IN' } });
  await call('PATCH /v1/users/userId:dee', { properties: { country: 'DE' } });
  await call(`PATCH /v1/segments/${dynamic.id}`, { name: 'In India' });
  await call(`PATCH /v1/segments/${dynamic.id}`, { rule: { field: 'country', op: 'missing' } });
  await call(`GET /v1/segments/${dynamic.id}`);
  await ready(dynamic.id);
  const dee = (await call('GET /v1/users/userId:dee')).body;
  const [queue] = assembly.all(kinds.queue).filter(({ label }) => label === 'Repairs');
  const QueueUrl = `${stack.s3.endpoint}/000000000000/${queue?.name}`;
  const sqs = new SQSClient({ ...owner, endpoint: stack.s3.endpoint });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: dee.id }));

  await call('POST /v1/users', { properties: { userId: 'm1' } });
  const { body: manual } = await post('/v1/segments', {
    name: 'M',
    kind: 'manual',
    members: ['userId:m1', 'userId:ada'],
  });
  for (const path of ['segments', `segments/${manual.id}`, `segments/${manual.id}/users`])
    await call(`GET /v1/${path}`);
  await until(async () => {
    const { body } = await call('GET /v1/users/userId:m1?include=segments');
    return body.included.segments.length > 0;
  });
  await post(`/v1/segments/${manual.id}/members`, { users: ['userId:dee'] });
  await post('/v1/segments/none/members', { users: ['userId:dee'] });
  await call(`PUT /v1/segments/${manual.id}/members`, { users: ['userId:m1', 'userId:dee'] });
  await call(`DELETE /v1/segments/${manual.id}/members`, { users: ['userId:m1'] });
  await call(`DELETE /v1/segments/${manual.id}/members/userId:dee`);

  const { body: failing } = await post('/v1/segments', { name: 'F', kind: 'dynamic', rule });
  await ready(failing.id);
  await invoke('segments/fail-walk', { segment: failing.id, version: 99, attempt: 99, error: 'X' });
  for (const { id } of [dynamic, manual]) expect((await call(`DELETE /v1/segments/${id}`)).status).toBe(204);
}, 180_000);

test('files are imported by both ways in, and users exported', async () => {
  await drop('imports/users.csv', `${users(60)}\nghost,ghost3@example.com,IN`);
  expect((await imported('imports/users.csv')).status).toBe('succeeded');
  const repeated =
    'u1,other@example.com,US\nu1,u1@example.com,DE\nn1,n1@example.com,US\nn1,ghost4@example.com,DE\n,x,"y';
  await drop('imports/users.csv.gz', gzipSync(`${users(40)}\n${repeated}`));
  await imported('imports/users.csv.gz');
  const { body: form } = await post('/v1/imports', { fileName: 'form.csv' });
  await post('/v1/imports', { fileName: 'form.csv', mapping: 3 });
  await post('/v1/imports', { fileName: 'form.csv', notify: ['nobody@elsewhere.org'] });
  const data = new FormData();
  for (const [name, value] of Object.entries<string>(form.upload.fields)) data.append(name, value);
  data.append('file', new Blob([users(3)]));
  expect((await fetch(form.upload.url, { method: 'POST', body: data })).status).toBeLessThan(300);
  await ended(form.job.id);
  // A column that is not known yet becomes a property.
  await drop('imports/shoes.csv', 'userId,shoe\nu1,42');
  await imported('imports/shoes.csv');
  // A file that applies nothing takes back the property of its column.
  await drop('imports/kite.csv', 'email,kite\nnobody,red');
  expect((await imported('imports/kite.csv')).status).toBe('failed');
  await drop('imports/empty.csv', '\n');
  await imported('imports/empty.csv');
  await call('GET /v1/imports/template?example=true');

  const { body: job } = await post('/v1/exports', {});
  await post('/v1/exports', { segment: 'none' });
  const { downloads } = await ended(job.id);
  const { body: small } = await post('/v1/exports', { users: ['userId:u1'] });
  await ended(small.id);
  const running = { status: 'running', startedAt: minutesAgo(9), finishedAt: null } as const;
  for (const [route, id] of [
    ['imports', form.job.id],
    ['exports', job.id],
  ])
    expect(
      (await call(`GET /v1/${route}/${await copyOf(id, { ...running, createdAt: new Date().toISOString() })}`)).status,
    ).toBe(200);
  const { body: link } = await post(`/v1/logs/${job.id}/links`, { name: downloads[0].name });
  await post(`/v1/logs/${job.id}/links`, { name: 'nothing' });
  expect((await fetch(link.url, { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(link.url)).status).toBe(200);
  await erase('jobs/');
  expect((await fetch(link.url)).status).toBe(410);
  expect((await call(`POST /v1/logs/${job.id}/links`, { name: downloads[0].name })).status).toBe(410);
  await call(`DELETE /v1/logs/${job.id}/links`);
}, 240_000);

test('work that stands still is taken up, and work that cannot be done is ended', async () => {
  const jobsOf = async (type: string) => (await call(`GET /v1/logs?type=${type}`)).body.data;
  const [anImport] = (await jobsOf('csv-import')).filter((job: { status: string }) => job.status === 'succeeded');
  const [anExport] = (await jobsOf('bulk-download')).filter((job: { status: string }) => job.status === 'succeeded');
  const queued = { status: 'queued', startedAt: null, finishedAt: null } as const;
  const stands = [await copyOf(anImport.id, queued), await copyOf(anExport.id, queued)];
  await copyOf(anExport.id, { notify: ['owner@example.com'], finishedAt: minutesAgo(5) });
  const { body: forgotten } = await post('/v1/imports', { fileName: 'forgotten.csv' });
  const waiting = await jobs.byId(forgotten.job.id);
  if (!waiting) throw new Error('a form has no job');
  await jobs.replace({ ...waiting, status: 'running', startedAt: minutesAgo(1) }, 'awaiting-upload');
  // The answer that is given again has the progress of the job.
  await post('/v1/imports', { fileName: 'forgotten.csv' });
  await copyOf(forgotten.job.id, { createdAt: minutesAgo(90) });
  await transact([noteOf(newId(), 1, 'sweep', Date.now() - 3_600_000)]);
  await invoke('jobs/sweep', {});
  for (const id of stands) await ended(id);

  await invoke('jobs/fail', { job: forgotten.job.id, error: 'X' });
  await drop('imports/failing.csv', users(2_000));
  const failing = await until(async () =>
    (await jobsOf('csv-import')).find((job: { input: { key: string } }) => job.input.key === 'imports/failing.csv'),
  );
  await until(async () => {
    const prefix = { Bucket: stack.s3.bucket, Prefix: `work/${failing.id}/plan` };
    return (await stack.bucket.send(new ListObjectsV2Command(prefix))).KeyCount;
  });
  await invoke('jobs/fail', { job: failing.id, error: 'X' });

  // A job, and a segment, that are not there fail at the first step.
  const machines = new SFNClient(owner);
  for (const { name, label } of assembly.all(kinds.machine)) {
    const input = JSON.stringify(
      label.startsWith('Segments') ? { segment: 1, version: 1, attempt: 9 } : { job: 'none' },
    );
    await machines.send(new StartExecutionCommand({ stateMachineArn: arns.machine(name), input }));
  }
  const failed = (workflow: string) => new RegExp(`^${workflow}/Workflow/Role lambda.*Fail`, 'm');
  await until(async () => {
    const noted = readFileSync(used, 'utf8');
    return ['Imports', 'Exports', 'Segments'].every((workflow) => failed(workflow).test(noted));
  });
}, 240_000);

/** Grants that nothing above uses, and why they are there. */
const reasons: Readonly<Record<string, RegExp>> = {
  'One machine has no CloudWatch Logs and no X-Ray.': / (logs|xray):/,
  'The S3 server of one machine keeps no versions.': / s3:GetObjectVersion /,
  'SES asks for it where somebody made one the default of an identity.': / ses:SendEmail \S+:configuration-set\//,
  'Lambda itself sends there what it has given up.': /^(ImportsOnFileDropped|JobsSweep)\/Role sqs:SendMessage /,
  'Lambda itself writes there what it has given up.': /^SegmentsOnProfileChanged\/Role s3:PutObject \S+\/aws\/lambda\//,
  'An absent object is told as absent. Here no file goes while its job runs.':
    /^(Imports|Exports|Jobs)\w+\/Role s3:ListBucket /,
  'A user who cannot be evaluated is sent there.': /^SegmentsOnProfileChanged\/Role sqs:SendMessage /,
  'Memberships are written by one function, whatever is wrong with them; a repair finds nothing wrong here.':
    /^Segments(RepairUser|SweepEdges|WalkPart|ReplaceMembers)\/Role dynamodb:(BatchGetItem|BatchWriteItem|PartiQLInsert|UpdateItem) /,
  'Segments are written by one function, with the work that a change leaves: noted or done.':
    /^Segments(FailWalk|Update)\/Role dynamodb:DeleteItem /,
  'Lists of segments that are gone are looked for when a user is in 200.':
    /^SegmentsAddMembers\/Role dynamodb:BatchGetItem /,
  'A text file that cannot be read to its end is given up.': /^ImportsPlan\/Role s3:AbortMultipartUpload /,
  'The rows of a part that broke off are read again for the log.':
    /^(ImportsFinish|JobsFail)\/Role s3:GetObject \S+\/(imports|uploads)\//,
  'A join that runs out of time leaves its state.': /^ExportsFinish\/Role s3:PutObject \S+\/work\//,
  'A job that applied nothing is ended elsewhere as imports/finish ends it, which takes back the properties of its columns.':
    /^(JobsFail|JobsSweep)\/Role dynamodb:DeleteItem /,
  'A job whose workflow was started five times is ended by the sweep, as imports/finish ends it.':
    /^JobsSweep\/Role (dynamodb:GetItem|s3:(GetObject|PutObject) \S+\/(imports|uploads|work|jobs)\/)/,
};

test('nothing is refused, and nothing is granted that nothing uses', () => {
  expect(stack.output()).not.toContain('is not authorized');
  const granted = [...readRoles(assembly).values()].flatMap((role) =>
    grantsOf(role).map((one) => grantText(role, one)),
  );
  const noted = new Set(readFileSync(used, 'utf8').split('\n'));
  const unused = [...new Set(granted)].filter((grant) => !noted.has(grant));
  expect(unused.filter((grant) => !Object.values(reasons).some((reason) => reason.test(grant)))).toEqual([]);
  // A reason for what is not granted any more has to go.
  for (const reason of Object.values(reasons)) expect(granted.filter((grant) => reason.test(grant))).not.toEqual([]);
});
