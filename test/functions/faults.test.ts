import { beforeAll, expect, test } from 'vitest';
import { handler as createExport } from '../../functions/exports/create.ts';
import { handler as createImport } from '../../functions/imports/create.ts';
import { handler as createKey } from '../../functions/keys/create.ts';
import { handler as listLogs } from '../../functions/logs/list.ts';
import { handler as declare } from '../../functions/properties/create.ts';
import { handler as createSegment } from '../../functions/segments/create.ts';
import { handler as listSegments } from '../../functions/segments/list.ts';
import { handler as listMembers } from '../../functions/segments/list-users.ts';
import { handler as preview } from '../../functions/segments/preview.ts';
import { handler as updateSegment } from '../../functions/segments/update.ts';
import { handler as listUsers } from '../../functions/users/list.ts';
import { handler as updateUser } from '../../functions/users/update.ts';
import type { Action } from '../../shared/runtime/action.ts';
import { keyWith, type Sent, send, startDeployment } from '../support/deployment/deployment.ts';

let key: string;
beforeAll(async () => {
  await startDeployment();
  key = await keyWith('owner');
});

type Entry = {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly header?: string;
  readonly code: string;
};

/** The place and the code of each fault of an answer; parameters begin with a question mark. */
async function faultsOf(action: Action, route: string, sent: Sent): Promise<readonly string[]> {
  const { status, body } = await send(action, route, { key, params: { id: 'all', ref: 'userId:nobody' }, ...sent });
  expect(status).toBe(400);
  return (body.errors as Entry[])
    .map(({ pointer, parameter, header, code }) => `${pointer ?? (header ? header : `?${parameter}`)} ${code}`)
    .sort();
}

/** Faults that a schema finds, beside those that only the stored schema, the settings or the time can show. */
const BODIES: readonly [string, Action, unknown, readonly string[]][] = [
  [
    'PATCH /v1/users/{ref}',
    updateUser,
    { properties: { nope: 1, email: 'x' }, companies: ['a/b', 7], status: 'banned' },
    [
      '/companies/0 invalidCharacter',
      '/companies/1 wrongType',
      '/properties/email invalidEmail',
      '/properties/nope unknownField',
      '/status unknownKey',
    ],
  ],
  [
    'POST /v1/properties',
    declare,
    { key: 'Seats', type: 'numbr', identifier: true, scope: 'company', label: 'x'.repeat(256) },
    ['/identifier notAllowed', '/key notAllowed', '/label tooLong', '/type notAllowed'],
  ],
  ['POST /v1/properties', declare, { type: 'date', searchable: true }, ['/key required', '/searchable notAllowed']],
  [
    'POST /v1/keys',
    createKey,
    { name: ' ', email: 'x@elsewhere.org', scopes: ['users:read', 'nope'], expiresAt: '2020-01-01T00:00:00Z' },
    ['/email notAllowedRecipient', '/expiresAt outOfRange', '/name required', '/scopes/1 notAllowed'],
  ],
  [
    'POST /v1/segments',
    createSegment,
    { name: '', kind: 'x', columns: ['email', 5, 'nope'], rule: { field: 'plan', op: 'sounds' } },
    [
      '/columns/1 wrongType',
      '/columns/2 unknownField',
      '/kind notAllowed',
      '/name required',
      '/rule/field unknownField',
      '/rule/op unknownOperator',
    ],
  ],
  [
    'PATCH /v1/segments/{id}',
    updateSegment,
    { name: 5, description: 'x'.repeat(2_001), rule: { all: [] }, kind: 'manual' },
    ['/description tooLong', '/kind unknownKey', '/name wrongType', '/rule/all emptyGroup'],
  ],
  [
    'POST /v1/segments/preview',
    preview,
    { rule: { all: [] }, count: 5 },
    ['/count unknownKey', '/rule/all emptyGroup'],
  ],
  [
    'POST /v1/exports',
    createExport,
    { segment: 'seg_nope', users: ['userId:a'], fields: ['nope', 5], format: 'xml', notify: ['x@elsewhere.org', 5] },
    [
      '/fields/0 unknownField',
      '/fields/1 wrongType',
      '/format notAllowed',
      '/notify/0 notAllowedRecipient',
      '/notify/1 wrongType',
      '/segment unknownReference',
      '/users notAllowed',
    ],
  ],
  ['POST /v1/exports', createExport, { fields: [], compress: 'zip' }, ['/compress notAllowed', '/fields required']],
  [
    'POST /v1/imports',
    createImport,
    { onConflict: 'merge', dryRun: true, notify: ['x@elsewhere.org'] },
    ['/dryRun notAllowed', '/fileName required', '/notify/0 notAllowedRecipient', '/onConflict notAllowed'],
  ],
];

test.each(BODIES)('every fault of a body is reported at once (%#, %s)', async (route, action, body, expected) => {
  expect(await faultsOf(action, route, { body })).toEqual(expected);
});

const QUERIES: readonly [string, Action, string, readonly string[]][] = [
  [
    'GET /v1/users',
    listUsers,
    'limit=0&fields=email,nope&segment=seg_nope&cursor=x.y&order=up&nope=1&limit=5&__proto__=1',
    [
      '?__proto__ unknownKey',
      '?cursor invalidCursor',
      '?fields unknownField',
      '?limit tooMany',
      '?nope unknownKey',
      '?order notAllowed',
      '?segment unknownReference',
    ],
  ],
  [
    'GET /v1/segments/{id}/users',
    listMembers,
    'limit=x&fields=nope&cursor=x',
    ['?cursor invalidCursor', '?fields unknownField', '?limit notAllowed'],
  ],
  ...['05', '1.0', '%2B5', '1e1', '', '-1', '1000000000'].map((limit): (typeof QUERIES)[number] => [
    'GET /v1/segments',
    listSegments,
    `limit=${limit}`,
    ['?limit notAllowed'],
  ]),
  ...['0', '101'].map((limit): (typeof QUERIES)[number] => [
    'GET /v1/segments',
    listSegments,
    `limit=${limit}`,
    ['?limit outOfRange'],
  ]),
  ['GET /v1/segments', listSegments, 'kind=x&cursor=x', ['?cursor invalidCursor', '?kind notAllowed']],
  [
    'GET /v1/logs',
    listLogs,
    'type=x&from=y&to=z&cursor=c',
    ['?cursor invalidCursor', '?from invalidDatetime', '?to invalidDatetime', '?type notAllowed'],
  ],
];

test.each(QUERIES)('every fault of a query is reported at once (%#, %s)', async (route, action, query, expected) => {
  expect(await faultsOf(action, route, { query })).toEqual(expected);
});

test('faults of headers, query and body are reported together', async () => {
  const faults = await faultsOf(declare, 'POST /v1/properties', {
    headers: { 'idempotency-key': 'not one' },
    query: 'nope=1',
    body: { key: 'Seats', type: 'x' },
  });
  expect(faults).toEqual(['/key notAllowed', '/type notAllowed', '?nope unknownKey', 'Idempotency-Key notAllowed']);
});

test('a cursor that is good stays good beside a limit that is not', async () => {
  for (const name of ['a', 'b']) {
    await send(createSegment, 'POST /v1/segments', { key, body: { name, kind: 'manual' } });
  }
  const page = await send(listSegments, 'GET /v1/segments', { key, query: 'limit=1' });
  const query = `limit=0&cursor=${page.body.nextCursor}`;
  expect(await faultsOf(listSegments, 'GET /v1/segments', { query })).toEqual(['?limit outOfRange']);
});

test('one answer lists a hundred faults at most', async () => {
  const body = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`key${n}`, n]));
  expect(await faultsOf(declare, 'POST /v1/properties', { body })).toHaveLength(100);
});
