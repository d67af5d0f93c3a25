import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningStack, startLocal } from '../support/stack/local.ts';
import { synthesizeSmallApp } from '../support/stack/local-app.ts';

let stack: RunningStack;
let table: DynamoDBClient;
const assembly = synthesizeSmallApp();

beforeAll(async () => {
  stack = await startLocal({ assembly, args: ['--verbose'] });
  table = new DynamoDBClient({
    endpoint: stack.dynamodb.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterAll(async () => {
  await stack.stop();
  rmSync(dirname(assembly), { recursive: true });
});

async function item(PK: string) {
  const { Item } = await table.send(
    new GetItemCommand({ TableName: stack.dynamodb.table, Key: { PK: { S: PK } }, ConsistentRead: true }),
  );
  return Item;
}

async function seen(name: string): Promise<number> {
  return Number((await item(`SEEN#${name}`))?.times?.N ?? 0);
}

type StreamRecord = { readonly dynamodb: { readonly Keys: { readonly PK: { readonly S: string } } } };

/** Reads until the value is as wanted. After most of the test's own time-out it answers what it has. */
async function eventually<T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 50_000; ; await sleep(40)) {
    const value = await read();
    if (wanted(value) || Date.now() > end) return value;
  }
}

/** Each test says itself which body it expects. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
const json = async (response: Response): Promise<any> => response.json();

async function act(input: Record<string, unknown>) {
  const response = await fetch(`${stack.api}/act`, { method: 'POST', body: JSON.stringify(input) });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

async function echo(path: string, init: RequestInit = {}) {
  const response = await fetch(stack.api + path, init);
  return { response, event: (await json(response)).event };
}

describe('the gateway', () => {
  test('a function gets the decoded path, its variables, joined queries and headers, and cookies of their own', async () => {
    const { response, event } = await echo('/things/a%40b+c%20d?x=1&x=2&y=a+b', {
      headers: { Cookie: 'k=1; l=2', 'X-One': 'o' },
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /things/{id}',
      rawPath: '/things/a@b+c d',
      rawQueryString: 'x=1&x=2&y=a+b',
      queryStringParameters: { x: '1,2', y: 'a b' },
      pathParameters: { id: 'a@b+c d' },
      cookies: ['k=1', 'l=2'],
      isBase64Encoded: false,
      requestContext: { http: { method: 'GET', path: '/things/a@b+c d' }, stage: '$default' },
    });
    expect(event.headers).toMatchObject({ 'x-one': 'o' });
    expect(event.headers).not.toHaveProperty('cookie');
    expect(response.headers.get('x-kind')).toBe('echo');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test('a fixed segment comes before a variable, and a slash in a value is a slash', async () => {
    expect((await echo('/things/fixed')).event.routeKey).toBe('GET /things/fixed');
    expect((await fetch(`${stack.api}/things/a%2Fb`)).status).toBe(404);
  });

  test('text comes as text, anything else in base64', async () => {
    const post = (type: string) => echo('/things/1', { method: 'POST', body: 'ä', headers: { 'content-type': type } });
    expect((await post('application/json')).event).toMatchObject({ body: 'ä', isBase64Encoded: false });
    expect((await post('application/x-www-form-urlencoded')).event).toMatchObject({
      body: 'w6Q=',
      isBase64Encoded: true,
    });
    const latin = { method: 'POST', body: Buffer.from('ä', 'latin1'), headers: { 'content-type': 'application/json' } };
    expect((await echo('/things/1', latin)).event).toMatchObject({ body: '5A==', isBase64Encoded: true });
  });

  test('a path that is no UTF-8 reaches its function as it was sent', async () => {
    for (const path of ['/things/%ff', '/things/%zz', '/things/%']) {
      expect((await echo(path)).event).toMatchObject({ rawPath: path });
    }
  });

  test('HEAD has the headers and no body', async () => {
    const response = await fetch(`${stack.api}/things/1`, { method: 'HEAD' });
    expect(response.headers.get('x-kind')).toBe('echo');
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await response.text()).toBe('');
  });

  test('what no function sees has the gateway’s own body', async () => {
    const own = async (path: string, init?: RequestInit) => {
      const response = await fetch(stack.api + path, init);
      return [response.status, await response.json()];
    };
    expect(await own('/nowhere')).toEqual([404, { message: 'Not Found' }]);
    const large = { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) };
    expect(await own('/things/1', large)).toEqual([413, { message: 'Request Entity Too Large' }]);
  });

  test('a function that fails, ends its process, answers too much or takes too long is a 500', async () => {
    for (const broken of ['throw', 'exit', 'large']) {
      expect(await act({ do: broken })).toEqual({ status: 500, body: { message: 'Internal Server Error' } });
    }
    expect((await fetch(`${stack.api}/slow`)).status).toBe(500);
    expect(await act({ do: 'plain' })).toEqual({ status: 200, body: { answer: 42 } });
  });

  test('an allowed origin gets CORS headers, another none', async () => {
    const preflight = (origin: string) =>
      fetch(`${stack.api}/act`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    const allowed = await preflight('https://app.example.com');
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://app.example.com',
    ]);
    expect((await preflight('https://evil.example.com')).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('the lines name routes and statuses, and no path', async () => {
    await fetch(`${stack.api}/things/secret-person@example.com?q=secret-person`);
    await eventually(
      async () => stack.output(),
      (text) => /GET \/things\/\{id\} +200/.test(text),
    );
    expect(stack.output()).toMatch(/GET \/things\/\{id\} +200 +\d+ ms/);
    expect(stack.output()).not.toContain('secret-person');
  });
});

describe('functions', () => {
  test('concurrent calls run side by side: each of three waits until all are there', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => act({ do: 'meet' })));
    expect(answers.map(({ body }) => body)).toEqual([{ met: true }, { met: true }, { met: true }]);
  });

  test('a function has its own environment, UTC and the time that is left', async () => {
    const response = await fetch(`${stack.api}/things/1`);
    const { name, left, zone } = await json(response);
    expect(name).toMatch(/^Small-work-echo/);
    expect(left).toBeGreaterThan(15_000);
    expect(zone).toBe(0);
  });

  test('a secret is made as the template says and stays the same', async () => {
    const first = await act({ do: 'secret' });
    expect(first.body.secret).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(await act({ do: 'secret' })).toEqual(first);
  });
});

test('a function does nothing that its role does not allow, and its error names the action', async () => {
  const { body } = await act({ do: 'overreach' });
  const place = `arn:aws:s3:::${stack.s3.bucket}/in/x.csv`;
  expect(body).toEqual({
    name: 'AccessDenied',
    message: expect.stringContaining(`is not authorized to perform: s3:PutObject on resource: ${place}`),
  });
  expect(stack.output()).toContain('is not authorized to perform s3:PutObject');
});

describe('triggers', () => {
  const drop = (Key: string, Body = 'a,b\n') =>
    stack.bucket.send(new PutObjectCommand({ Bucket: stack.s3.bucket, Key, Body }));

  test('an object under the rule’s prefix reaches its function, another does not', async () => {
    await drop('out/b.csv');
    await drop('in/a.csv');
    const found = await eventually(() => item('DROP#in/a.csv'), Boolean);
    expect(found).toMatchObject({
      bucket: { S: stack.s3.bucket },
      size: { N: '4' },
      sequencer: { S: expect.stringMatching(/^[0-9A-F]{16}$/) },
    });
    expect(await seen('drop out/b.csv')).toBe(0);
  });

  test('an event that its function fails on is brought again', async () => {
    await drop('in/flaky.csv');
    expect(await eventually(() => item('DROP#in/flaky.csv'), Boolean)).toBeDefined();
    expect(await seen('drop in/flaky.csv')).toBeGreaterThanOrEqual(2);
  });

  test('a file of 20 MB goes in with one request', async () => {
    await drop('in/large.csv', 'x'.repeat(20 * 1024 * 1024));
    expect((await eventually(() => item('DROP#in/large.csv'), Boolean))?.size?.N).toBe(String(20 * 1024 * 1024));
  });

  /** The ids of the changes that the function has handled, in order. A stream brings each change at least once. */
  async function changes(): Promise<string[]> {
    const order = await item('SEEN#order');
    return [...new Set(order?.ids?.L?.map(({ S }) => S ?? ''))];
  }

  const put = (PK: string, poison?: string) =>
    table.send(
      new PutItemCommand({
        TableName: stack.dynamodb.table,
        Item: { PK: { S: PK }, ...(poison !== undefined && { poison: { S: poison } }) },
      }),
    );

  /** The keys of the records in the failure destination, one list for each object. */
  async function givenUp(): Promise<string[][]> {
    const { Contents = [] } = await stack.bucket.send(
      new ListObjectsV2Command({ Bucket: stack.s3.bucket, Prefix: 'aws/lambda/' }),
    );
    return Promise.all(
      Contents.map(async ({ Key }) => {
        const { Body } = await stack.bucket.send(new GetObjectCommand({ Bucket: stack.s3.bucket, Key }));
        const { Records } = JSON.parse(JSON.parse((await Body?.transformToString()) ?? '').payload);
        return Records.map((record: StreamRecord) => record.dynamodb.Keys.PK.S);
      }),
    );
  }

  test('changes reach the function in order, and filtered', async () => {
    for (const id of ['ITEM#1', 'OTHER#1', 'ITEM#2', 'ITEM#3']) await put(id);
    const wanted = ['ITEM#1', 'ITEM#2', 'ITEM#3'];
    expect(await eventually(changes, (ids) => ids.length === 3)).toEqual(wanted);
  });

  test('a record that makes its function fail ends in the bucket, and those around it are handled', async () => {
    await put('ITEM#before');
    await put('ITEM#throws', 'throw');
    await put('ITEM#after');
    expect((await eventually(changes, (ids) => ids.includes('ITEM#after'))).slice(-2)).toEqual([
      'ITEM#before',
      'ITEM#after',
    ]);
    expect(await eventually(givenUp, (lists) => lists.length === 1)).toEqual([['ITEM#throws']]);
  });

  test('a record that is reported as failed ends in the bucket, and later ones are handled', async () => {
    await put('ITEM#reported', 'report');
    const lists = await eventually(givenUp, (all) => all.flat().includes('ITEM#reported'));
    expect(lists.flat()).toContain('ITEM#reported');
    // Records in one batch with it would share its fate, so this one comes later.
    await put('ITEM#later');
    expect((await eventually(changes, (ids) => ids.includes('ITEM#later'))).at(-1)).toBe('ITEM#later');
  });

  test('a message that is handled is deleted', async () => {
    await act({ do: 'send', queue: 'QUEUE', body: 'good' });
    const { body } = await eventually(
      () => act({ do: 'left' }),
      (one) => one.body.messages === 0,
    );
    expect([body, await seen('message good')]).toEqual([{ messages: 0 }, 1]);
  });

  test('a message that fails comes back until it is dead', async () => {
    await act({ do: 'send', queue: 'BAD_QUEUE', body: 'bad' });
    const { body: dead } = await eventually(
      () => act({ do: 'dead' }),
      ({ body }) => body.bodies.length > 0,
    );
    expect(dead).toEqual({ bodies: ['bad'] });
  });
});

describe('state machines', () => {
  test('a list in the bucket is processed, failures are tolerated, and the end of the run is an event', async () => {
    const { body } = await act({ do: 'start', name: 'run-1', input: { job: 'one', parts: 4 } });
    const { executionArn } = body;
    const end = await eventually(
      () => act({ do: 'describe', executionArn }),
      (one) => one.body.status !== 'RUNNING',
    );
    expect(end.body).toEqual({ status: 'SUCCEEDED', output: '{"job":"one"}' });
    const parts = await Promise.all([0, 1, 2, 3].map((part) => seen(`one part ${part}`)));
    expect([...parts, await seen('one finished')]).toEqual([1, 1, 1, 1, 1]);
  });

  test('the same name and input while it runs is the same execution; afterwards the name is taken', async () => {
    const start = { do: 'start', name: 'run-2', input: { job: 'two', parts: 2, ms: 300 } };
    const first = await act(start);
    expect(await act(start)).toEqual(first);
    expect((await act({ ...start, input: {} })).body).toEqual({ error: 'ExecutionAlreadyExists' });
    const { executionArn } = first.body;
    await eventually(
      () => act({ do: 'describe', executionArn }),
      (one) => one.body.status !== 'RUNNING',
    );
    expect((await act(start)).body).toEqual({ error: 'ExecutionAlreadyExists' });
  });
});

test('mails are in the inbox', async () => {
  const ses = new SESClient({
    endpoint: stack.mail,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const Message = { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'there' } } };
  await ses.send(
    new SendEmailCommand({ Source: 'a@example.com', Destination: { ToAddresses: ['b@example.com'] }, Message }),
  );
  const { emails } = await json(await fetch(`${stack.mail}/store`));
  expect(emails).toMatchObject([{ subject: 'Hello' }]);
});
