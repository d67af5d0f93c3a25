import { join } from 'node:path';
import { bundle, bundleOf } from '../../../infra/bundle.ts';
import type { Example, Sendable } from '../../../infra/openapi/example.ts';
import { ADA, IDS, PRO_IN_INDIA } from '../../../infra/openapi/examples/things.ts';
import type { DescribedRoute } from '../../../infra/openapi/operation.ts';
import { routes } from '../../../infra/routes.ts';
import * as users from '../../../shared/data/users/users.ts';
import { type Got, keyWith, type Sent, send } from '../deployment/deployment.ts';
import { runExport } from '../jobs/export-run.ts';
import { imported, startImports } from '../jobs/import-run.ts';
import { deliverRecords, record, runWalk } from '../segments/segment-run.ts';

const FILE = [
  'userId,email,firstName,plan,seats,signedUpAt,Shoe size',
  'crm-42,ada@example.com,Ada,pro,5,,38',
  'crm-43,grace@example.com,Grace,free,1,2026-02-03T10:00:00Z,41',
  ',not an address,Nobody,free,1,,40',
].join('\r\n');

/** The request of an example, or a part of it. */
type Asked = Pick<Example, 'path' | 'query' | 'headers' | 'body'>;

/** A deployment of the bundled functions with the things that the examples name. */
export type World = {
  /** Sends a request as an example writes it, with the ids of this deployment. `key`: null for none. */
  readonly ask: (route: DescribedRoute, asked: Asked, key?: string | null) => Promise<Got>;
  /** Creates the things again that an earlier example has deleted. */
  readonly restore: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const textOf = (value: Sendable) => (Array.isArray(value) ? value.join(',') : String(value));

function queryOf(query: Asked['query'] = {}): string {
  const texts = Object.entries(query).map(([name, value]): [string, string] => [name, textOf(value)]);
  return String(new URLSearchParams(texts));
}

/** Starts a deployment, and creates the things that the examples name. */
export async function startWorld(): Promise<World> {
  const { bucket, stop } = await startImports();
  process.env.SEGMENT_WALK_MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:segment-walk';
  await bundle();
  const owner = await keyWith('owner');
  const ids = new Map<string, string>();

  /** The request with the ids of this deployment in the place of those of the examples. */
  const ours = <T>(request: T): T => {
    const text = JSON.stringify(request);
    return JSON.parse([...ids].reduce((so, [id, real]) => so.replaceAll(id, real), text));
  };

  const ask: World['ask'] = async (route, asked, key = owner) => {
    const { handler } = await import(join(bundleOf(routes[route].run), 'index.mjs'));
    const { path, query, headers, body } = ours(asked);
    const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
    const sent: Sent = { key, query: queryOf(query), headers: Object.fromEntries(lower), body };
    return send(handler, route, path ? { ...sent, params: path } : sent);
  };

  const made = async (route: DescribedRoute, asked: Asked): Promise<Got['body']> => {
    const got = await ask(route, asked);
    if (got.status >= 300) throw new Error(`${route} was answered ${got.status}: ${got.text}`);
    return got.body;
  };

  /** Creates a thing unless it exists, and remembers its id. */
  const ensure = async (id: string, isThere: () => Promise<boolean>, make: () => Promise<unknown>) => {
    if (ids.has(id) && (await isThere())) return;
    ids.set(id, String(await make()));
  };
  const reads = (route: DescribedRoute, path: Record<string, string>) => async () =>
    (await ask(route, { path })).status < 400;

  const makeSegment = async (name: string, more: object) => {
    const { id } = await made('POST /v1/segments', { body: { name, ...more } });
    return String(id);
  };

  /** True when the key is not revoked. A revoked one is still listed. */
  const isLiveKey = async () => {
    const { body } = await ask('GET /v1/keys', { query: { limit: 100 } });
    const keys = body.data as { id: string; revokedAt: string | null }[];
    return keys.some(({ id, revokedAt }) => id === ids.get(IDS.newsletter) && revokedAt === null);
  };

  const restore = async () => {
    const { status, properties, companies, signedUpAt } = ADA;
    await ensure(IDS.ada, reads('GET /v1/users/{ref}', { ref: IDS.ada }), async () => {
      // The import adds the other tag.
      const body = { status, properties, tags: ['vip'], companies, signedUpAt };
      return (await made('POST /v1/users', { body })).id;
    });
    await ensure(IDS.endedImport, reads('GET /v1/imports/{id}', { id: IDS.endedImport }), async () => {
      const metadata = { 'unknown-columns': 'ignore', 'add-tags': 'newsletter' };
      return (await imported(bucket, FILE, { name: 'newsletter.csv', metadata })).id;
    });
    await ensure(IDS.proPlan, reads('GET /v1/segments/{id}', { id: IDS.proPlan }), async () => {
      const columns = ['email', 'plan', 'signedUpAt'];
      const id = await makeSegment('Pro in India', { kind: 'dynamic', rule: PRO_IN_INDIA, columns });
      await runWalk(bucket, id, 1);
      return id;
    });
    await ensure(IDS.betaTesters, reads('GET /v1/segments/{id}', { id: IDS.betaTesters }), () =>
      makeSegment('Beta testers', { kind: 'manual' }),
    );
    await made('POST /v1/segments/{id}/members', { path: { id: IDS.betaTesters }, body: { users: ['userId:crm-42'] } });
    await deliverRecords(record(null, await users.byId(ids.get(IDS.ada) ?? '')));
    await ensure(IDS.endedExport, reads('GET /v1/exports/{id}', { id: IDS.endedExport }), async () => {
      const { id } = await made('POST /v1/exports', { body: { notify: [] } });
      await runExport(String(id), bucket);
      return id;
    });
    await ensure(IDS.token, reads('HEAD /d/{token}', { token: IDS.token }), async () => {
      const link = await made('POST /v1/logs/{id}/links', {
        path: { id: IDS.endedExport },
        body: { name: 'users.csv' },
      });
      return String(link.url).split('/').at(-1);
    });
    await ensure(IDS.newsletter, isLiveKey, async () => {
      const scopes = ['users:read', 'exports'];
      const { key } = await made('POST /v1/keys', {
        body: { name: 'Newsletter', email: 'marketing@example.com', scopes },
      });
      return (key as { id: string }).id;
    });
  };

  for (const [key, type] of [
    ['plan', 'text'],
    ['seats', 'number'],
  ]) {
    await made('POST /v1/properties', { body: { key, type } });
  }
  await restore();
  return { ask, restore, stop };
}
