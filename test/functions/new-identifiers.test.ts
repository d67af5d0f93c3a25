import { beforeAll, expect, test } from 'vitest';
import { handler as addMembers } from '../../functions/segments/add-members.ts';
import { handler as createSegment } from '../../functions/segments/create.ts';
import { handler as removeMember } from '../../functions/segments/remove-member.ts';
import { handler as erase } from '../../functions/users/delete.ts';
import { handler as get } from '../../functions/users/get.ts';
import { handler as update } from '../../functions/users/update.ts';
import { hashOf, key as keyOf } from '../../shared/data/keys.ts';
import type { Connection } from '../../shared/data/table/client.ts';
import { stamped } from '../../shared/data/table/items.ts';
import * as table from '../../shared/data/table/operations.ts';
import * as users from '../../shared/data/users/users.ts';
import { entropyOf, ulid } from '../../shared/domain/id.ts';
import { schemaOf } from '../../shared/domain/properties/property.ts';
import { merged, unborn } from '../../shared/domain/users/merge.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';

let key: string;
let connection: Connection;

beforeAll(async () => {
  connection = await startDeployment();
  key = await keyWith('users:read', 'users:write', 'segments:write');
});

const read = (ref: string) => send(get, 'GET /v1/users/{ref}', { key, params: { ref } });

/** A user of an identifier that another process declared, while this one holds the schema from before. */
async function namedElsewhere(field: string): Promise<string> {
  await read('userId:nobody');
  const property = customProperty(field, 'text', { identifier: true });
  await table.put({ ...stamped('property', property), ...keyOf.property('user', field) });
  const now = Date.now();
  const at = new Date(now).toISOString();
  const schema = schemaOf([property]);
  const birth = unborn({ id: ulid(now, entropyOf(field)), signedUpAt: at, now: at, source: 'api' });
  const born = merged(birth, { properties: { [field]: 'one' } }, { now: at, schema });
  if (born.kind !== 'changed') throw new Error(born.kind);
  await users.create(born.profile, schema, now);
  return born.profile.id;
}

test('a user is found at once by an identifier that another process has just declared', async () => {
  const id = await namedElsewhere('crm');
  expect((await read('crm:one')).body.id).toBe(id);
});

test('a user is changed at once by an identifier that another process has just declared', async () => {
  const id = await namedElsewhere('loyalty');
  const body = { properties: { city: 'Oslo' } };
  const got = await send(update, 'PATCH /v1/users/{ref}', { key, params: { ref: 'loyalty:one' }, body });
  expect(got.body).toMatchObject({ id, properties: { city: 'Oslo' } });
});

test('a user is listed at once by an identifier that another process has just declared', async () => {
  const segment = await send(createSegment, 'POST /v1/segments', { key, body: { name: 'List', kind: 'manual' } });
  const id = String(segment.body.id);
  await namedElsewhere('partner');
  const body = { users: ['partner:one'] };
  const added = await send(addMembers, 'POST /v1/segments/{id}/members', { key, params: { id }, body });
  expect(added.body).toEqual({ added: 1, alreadyIn: 0, notFound: [] });
  await namedElsewhere('shop');
  const params = { id, ref: 'shop:one' };
  expect((await send(removeMember, 'DELETE /v1/segments/{id}/members/{ref}', { key, params })).status).toBe(204);
});

test('a deleted user leaves no claim of an identifier that another process has just declared', async () => {
  const id = await namedElsewhere('badge');
  expect((await send(erase, 'DELETE /v1/users/{ref}', { key, params: { ref: id } })).status).toBe(204);
  expect(await table.get(keyOf.identifier('badge', hashOf('one', connection.secret)))).toBeNull();
});
