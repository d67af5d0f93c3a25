import { createServer } from 'node:http';
import {
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAuthority } from '../../infra/local/iam/authority.ts';
import { type CheckingProxy, openCheckingProxy } from '../../infra/local/iam/checking-proxy.ts';
import { readPolicy } from '../../infra/local/iam/policy.ts';
import type { Service } from '../../infra/local/iam/request.ts';
import { awsEndpointService } from '../../infra/local/iam/requests/aws-endpoint.ts';
import { dynamoDbService } from '../../infra/local/iam/requests/dynamodb.ts';
import { s3Service } from '../../infra/local/iam/requests/s3.ts';
import { sesService } from '../../infra/local/iam/requests/ses.ts';
import { sqsService } from '../../infra/local/iam/requests/sqs.ts';
import { endpointOf } from '../support/deployment/endpoint.ts';

const region = 'us-east-1';
const here = `${region}:000000000000`;
const ofTable = (...verbs: string[]) => verbs.map((verb) => `dynamodb:${verb}`);

const grants = [
  {
    Action: ofTable('GetItem', 'BatchWriteItem', 'PutItem', 'PartiQLInsert'),
    Resource: `arn:aws:dynamodb:${here}:table/T`,
  },
  { Action: 'dynamodb:Query', Resource: `arn:aws:dynamodb:${here}:table/T/index/ByTime` },
  {
    Action: 'dynamodb:UpdateItem',
    Resource: `arn:aws:dynamodb:${here}:table/T`,
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'RATE#*' } },
  },
  { Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::b/work/*' },
  { Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/jobs/*' },
  { Action: 's3:ListBucket', Resource: 'arn:aws:s3:::b', Condition: { StringLike: { 's3:prefix': 'work/*' } } },
  { Action: 'sqs:SendMessage', Resource: `arn:aws:sqs:${here}:Q` },
  {
    Action: 'ses:SendEmail',
    Resource: `arn:aws:ses:${here}:identity/*`,
    Condition: { StringEquals: { 'ses:FromAddress': 'roster@example.com' } },
  },
  { Action: 'states:StartExecution', Resource: `arn:aws:states:${here}:stateMachine:M` },
];
const role = {
  name: 'R',
  label: 'F/Role',
  statements: readPolicy(
    { Version: '2012-10-17', Statement: grants.map((grant) => ({ Effect: 'Allow', ...grant })) },
    'F/Role',
  ),
};
const used = new Set<string>();
const authority = openAuthority({
  roles: new Map([['arn:R', role]]),
  resourcePolicies: [],
  onUse: (_, { action, resource }) => used.add(`${action} ${resource}`),
  onRefusal() {},
});
const { credentials } = authority.sessionOf('arn:R', 'F');

/** A server that checks no permissions: everything exists, except what is called `absent`. */
const upstream = createServer((request, response) => {
  request.resume().once('end', () => {
    response.writeHead(request.url?.includes('absent') ? 404 : 200);
    response.end(request.headers['x-amz-target'] === undefined ? '<Answer></Answer>' : '{}');
  });
});

const proxies: CheckingProxy[] = [];
async function checked(service: Service): Promise<string> {
  const proxy = await openCheckingProxy(0);
  proxy.serve({ upstream: address, authority, serviceOf: () => service });
  proxies.push(proxy);
  return proxy.endpoint;
}

let address: string;
let tables: string;
let storage: string;
let table: DynamoDBClient;
let s3: S3Client;
beforeAll(async () => {
  address = await endpointOf(upstream);
  tables = await checked(dynamoDbService(new Map([['T', 'PK']])));
  storage = await checked(s3Service);
  table = new DynamoDBClient({ endpoint: tables, region, credentials: { ...credentials } });
  s3 = new S3Client({ endpoint: storage, region, credentials: { ...credentials }, forcePathStyle: true });
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  upstream.close();
});

/** The result of a call: the name and message of its error, or nothing. */
const outcome = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: Error) => ({ name: error.name, message: error.message }),
  );
const denied = (action: string, resource: string, name = 'AccessDeniedException') => ({
  name,
  message:
    `User: arn:aws:sts::000000000000:assumed-role/R/F is not authorized to perform: ${action} on resource: ` +
    `${resource} because no identity-based policy allows the ${action} action`,
});

describe('DynamoDB', () => {
  const arn = `arn:aws:dynamodb:${here}:table/T`;
  const key = (PK: string) => ({ TableName: 'T', Key: { PK: { S: PK } } });

  test('answers what the role allows, and refuses anything else with action and resource', async () => {
    expect(await outcome(table.send(new GetItemCommand(key('A'))))).toBeNull();
    const scanned = new QueryCommand({ TableName: 'T', KeyConditionExpression: 'PK = :a' });
    expect(await outcome(table.send(scanned))).toEqual(denied('dynamodb:Query', arn));
    const elsewhere = new GetItemCommand({ ...key('A'), TableName: 'Other' });
    expect(await outcome(table.send(elsewhere))).toEqual(denied('dynamodb:GetItem', arn.replace('/T', '/Other')));
  });

  test('asks for an index apart from its table', async () => {
    const question = { TableName: 'T', KeyConditionExpression: 'a = :a' };
    expect(await outcome(table.send(new QueryCommand({ ...question, IndexName: 'ByTime' })))).toBeNull();
    const other = outcome(table.send(new QueryCommand({ ...question, IndexName: 'ByName' })));
    expect(await other).toEqual(denied('dynamodb:Query', `${arn}/index/ByName`));
  });

  test('asks for the action of each part of a transaction', async () => {
    const parts = new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName: 'T', Item: { PK: { S: 'A' } } } },
        { ConditionCheck: { ...key('B'), ConditionExpression: 'attribute_exists(PK)' } },
      ],
    });
    expect(await outcome(table.send(parts))).toEqual(denied('dynamodb:ConditionCheckItem', arn));
  });

  test('asks for the one action of a batch, on every table of it', async () => {
    const write = [{ PutRequest: { Item: { PK: { S: 'A' } } } }];
    expect(await outcome(table.send(new BatchWriteItemCommand({ RequestItems: { T: write } })))).toBeNull();
    const both = new BatchWriteItemCommand({ RequestItems: { T: write, Other: write } });
    expect(await outcome(table.send(both))).toEqual(denied('dynamodb:BatchWriteItem', arn.replace('/T', '/Other')));
  });

  test('answers each statement of a batch that is refused', async () => {
    const insert = `INSERT INTO "T" VALUE {'PK': 'A'}`;
    const batch = (...statements: string[]) =>
      table.send(new BatchExecuteStatementCommand({ Statements: statements.map((Statement) => ({ Statement })) }));
    expect((await batch(insert)).Responses).toBeUndefined();
    const { Responses } = await batch(`DELETE FROM "T" WHERE PK = 'A'`);
    const { message: Message } = denied('dynamodb:PartiQLDelete', arn);
    expect(Responses).toEqual([{ Error: { Code: 'AccessDenied', Message } }]);
  });

  test('holds a write to the partitions that a condition names', async () => {
    const change = { UpdateExpression: 'SET a = :a' };
    expect(await outcome(table.send(new UpdateItemCommand({ ...key('RATE#1'), ...change })))).toBeNull();
    const other = outcome(table.send(new UpdateItemCommand({ ...key('USERS#1'), ...change })));
    expect(await other).toEqual(denied('dynamodb:UpdateItem', arn));
  });

  test('refuses a key that was given to no caller', async () => {
    const stranger = new DynamoDBClient({
      ...{ endpoint: tables, region, credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' } },
    });
    const found = await outcome(stranger.send(new GetItemCommand(key('A'))));
    expect(found).toMatchObject({ name: 'UnrecognizedClientException' });
  });

  test('lets the owner do everything', async () => {
    const owner = new DynamoDBClient({
      ...{ endpoint: tables, region, credentials: { accessKeyId: 'local', secretAccessKey: 'x' } },
    });
    expect(await outcome(owner.send(new UpdateItemCommand(key('USERS#1'))))).toBeNull();
  });
});

describe('S3', () => {
  const at = (Key: string) => ({ Bucket: 'b', Key });
  const object = (key: string) => `arn:aws:s3:::b/${key}`;

  test('holds a caller to its prefixes', async () => {
    expect(await outcome(s3.send(new PutObjectCommand({ ...at('work/a b/ü.json'), Body: 'x' })))).toBeNull();
    const other = outcome(s3.send(new PutObjectCommand({ ...at('jobs/a.csv'), Body: 'x' })));
    expect(await other).toEqual(denied('s3:PutObject', object('jobs/a.csv'), 'AccessDenied'));
  });

  test('asks for the source of a copy, too', async () => {
    const copy = (from: string) =>
      new UploadPartCopyCommand({ ...at('work/a'), UploadId: 'u', PartNumber: 1, CopySource: from });
    expect(await outcome(s3.send(copy('b/imports/a')))).toEqual(
      denied('s3:GetObject', object('imports/a'), 'AccessDenied'),
    );
    expect(await outcome(s3.send(copy('b/work/b%20c')))).toBeNull();
  });

  test('lists what lies below an allowed prefix, and not a whole bucket', async () => {
    const list = (Prefix?: string) => outcome(s3.send(new ListObjectsV2Command({ Bucket: 'b', Prefix })));
    expect(await list('work/7/')).toBeNull();
    expect(await list('jobs/')).toEqual(denied('s3:ListBucket', 'arn:aws:s3:::b', 'AccessDenied'));
    expect(await list()).toEqual(denied('s3:ListBucket', 'arn:aws:s3:::b', 'AccessDenied'));
  });

  test('answers that an object is absent to a caller who may list it, and that it is forbidden to any other', async () => {
    const head = (key: string) =>
      s3.send(new HeadObjectCommand(at(key))).catch((error) => error.$metadata.httpStatusCode);
    expect(await head('work/absent')).toBe(404);
    expect(await head('jobs/absent')).toBe(403);
    const got = outcome(s3.send(new GetObjectCommand(at('jobs/absent'))));
    expect(await got).toEqual(denied('s3:ListBucket', 'arn:aws:s3:::b', 'AccessDenied'));
  });

  test('checks a presigned URL by the role of its signer', async () => {
    const url = (key: string) => getSignedUrl(s3, new GetObjectCommand(at(key)), { expiresIn: 60 });
    expect((await fetch(await url('jobs/a.csv'))).status).toBe(200);
    const refused = await fetch(await url('imports/a.csv'));
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining(object('imports/a.csv'))]);
    expect((await fetch(`${storage}/b/jobs/a.csv`)).status).toBe(403);
  });

  test('checks a form by the role of its signer, however large its file', async () => {
    const upload = async (key: string) => {
      const { url, fields } = await createPresignedPost(s3, { Bucket: 'b', Key: key });
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob(['x'.repeat(300_000)]));
      return (await fetch(url, { method: 'POST', body: form })).status;
    };
    expect(await upload('work/a.csv')).toBe(200);
    expect(await upload('imports/a.csv')).toBe(403);
  });
});

test('SQS, SES, Step Functions and Secrets Manager refuse what the role does not allow', async () => {
  const common = { region, credentials: { ...credentials } };
  const sqs = new SQSClient({ ...common, endpoint: await checked(sqsService) });
  const send = (name: string) =>
    outcome(sqs.send(new SendMessageBatchCommand({ QueueUrl: `${address}/000000000000/${name}`, Entries: [] })));
  expect(await send('Q')).toBeNull();
  expect(await send('Other')).toMatchObject({
    message: denied('sqs:SendMessage', `arn:aws:sqs:${here}:Other`).message,
  });

  const ses = new SESClient({ ...common, endpoint: await checked(sesService) });
  const mail = (Source: string) => {
    const text = { Data: 'x' };
    const Message = { Subject: text, Body: { Text: text } };
    return outcome(ses.send(new SendEmailCommand({ Source, Destination: { ToAddresses: ['a@b.co'] }, Message })));
  };
  const from = (address: string) => `arn:aws:ses:${here}:identity/${address}`;
  expect(await mail('someone@example.com')).toEqual(
    denied('ses:SendEmail', from('someone@example.com'), 'AccessDenied'),
  );
  expect(await mail('Roster <roster@example.com>')).toBeNull();

  const endpoint = await checked(awsEndpointService);
  const machines = new SFNClient({ ...common, endpoint });
  const start = (name: string) =>
    outcome(
      machines.send(new StartExecutionCommand({ stateMachineArn: `arn:aws:states:${here}:stateMachine:${name}` })),
    );
  expect(await start('M')).toBeNull();
  expect(await start('N')).toEqual(denied('states:StartExecution', `arn:aws:states:${here}:stateMachine:N`));
  const secret = `arn:aws:secretsmanager:${here}:secret:S`;
  const read = outcome(
    new SecretsManagerClient({ ...common, endpoint }).send(new GetSecretValueCommand({ SecretId: secret })),
  );
  expect(await read).toEqual(denied('secretsmanager:GetSecretValue', secret));
});

test('used grants are reported by action and resource, as the statement spells them', async () => {
  await table.send(new GetItemCommand({ TableName: 'T', Key: { PK: { S: 'A' } } }));
  await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'work/a', Body: 'x' }));
  expect([...used]).toEqual(
    expect.arrayContaining([`dynamodb:GetItem arn:aws:dynamodb:${here}:table/T`, 's3:PutObject arn:aws:s3:::b/work/*']),
  );
});
