import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { routes } from '../infra/routes.ts';

const root = join(import.meta.dirname, '..');

type Source = { readonly file: string; readonly text: string; readonly imports: readonly string[] };

function importsOf(file: string, text: string): readonly string[] {
  const names = [...text.matchAll(/^(?:import|export|\}).*?(?:from|import)\s+'([^']+)'/gm)].flatMap(
    ([, name]) => name ?? [],
  );
  return names.map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

function sourcesIn(room: string): readonly Source[] {
  return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const file = relative(root, join(root, room, name));
      const text = readFileSync(join(root, file), 'utf8');
      return { file, text, imports: importsOf(file, text) };
    });
}

const functions = sourcesIn('functions');
const shared = sourcesIn('shared');
const infra = sourcesIn('infra');

/** `file → import` for every import of these sources that the rule refuses. */
function refused(sources: readonly Source[], refuses: (imported: string, file: string) => boolean): readonly string[] {
  return sources.flatMap(({ file, imports }) =>
    imports.filter((imported) => refuses(imported, file)).map((imported) => `${file} → ${imported}`),
  );
}

const inRoom = (room: string) => shared.filter(({ file }) => file.startsWith(`shared/${room}/`));
const isOurs = (imported: string) => /^(functions|shared|infra|test)\//.test(imported);

describe('imports point one way', () => {
  test('the domain is pure: it imports itself and pure libraries only', () => {
    const pure = [
      'shared/domain/',
      'zod/mini',
      'node:crypto',
      'node:buffer',
      'temporal-polyfill',
      'libphonenumber-js',
      'papaparse',
    ];
    const isPure = (name: string) => pure.some((one) => name.startsWith(one));
    expect(refused(inRoom('domain'), (imported) => !isPure(imported))).toEqual([]);
  });

  test.each(['data', 'storage', 'mail'])('shared/%s imports the domain and itself, no other room', (room) => {
    const allowed = [`shared/${room}/`, 'shared/domain/'];
    expect(refused(inRoom(room), (name) => isOurs(name) && !allowed.some((one) => name.startsWith(one)))).toEqual([]);
  });

  test('shared/app and shared/runtime do not know each other: a function file hands over what one needs of the other', () => {
    expect(refused(inRoom('app'), (name) => name.startsWith('shared/runtime/'))).toEqual([]);
    expect(refused(inRoom('runtime'), (name) => name.startsWith('shared/app/'))).toEqual([]);
  });

  test('nouns of shared/app meet only at the files that each shows to the others', () => {
    const shown = [
      'imports/arrive', // a dropped file becomes a job
      'imports/end', // a job of an import ends
      'imports/finish',
      'jobs/state', // jobs begin and end
      'properties/use', // a property that a segment reads stays
      'users/bulk', // rows become users
      'workflows/step-timer', // parts stop in time
      'workflows/workflow', // runs of state machines
    ].map((file) => `shared/app/${file}.ts`);
    const nounOf = (file: string) => file.split('/')[2];
    const hidden = refused(
      inRoom('app'),
      (name, file) => name.startsWith('shared/app/') && nounOf(name) !== nounOf(file) && !shown.includes(name),
    );
    expect(hidden).toEqual([]);
  });

  test('no repository imports a sibling: what they share are the tools of the table and parts of transactions', () => {
    // Each makes parts of transactions, for items that change together with those of a repository.
    const parts = ['users/profile-item', 'users/identifiers', 'segments/definitions-version', 'segments/work'];
    const isTool = (name: string) =>
      name === 'shared/data/keys.ts' ||
      name.startsWith('shared/data/table/') ||
      parts.some((part) => name === `shared/data/${part}.ts`);
    expect(refused(inRoom('data'), (name) => name.startsWith('shared/data/') && !isTool(name))).toEqual([]);
  });

  test('shared imports neither functions nor infra', () => {
    expect(refused(shared, (name) => /^(functions|infra|test)\//.test(name))).toEqual([]);
  });

  test('no function imports a function, infra, or a client of AWS', () => {
    expect(
      refused(functions, (name) => /^(functions|infra|test)\//.test(name) || name.startsWith('@aws-sdk/')),
    ).toEqual([]);
  });

  test('infra takes names from the keys, and contracts in openapi.ts alone', () => {
    const mayRead = new Set(['shared/data/keys.ts']);
    const offenders = refused(infra, (name, file) => {
      if (!/^(functions|shared)\//.test(name) || mayRead.has(name)) return false;
      return file !== 'infra/openapi.ts';
    });
    expect(offenders).toEqual([]);
  });

  test('the local stack imports neither functions nor shared', () => {
    const local = infra.filter(({ file }) => file.startsWith('infra/local/'));
    expect(refused(local, (name) => /^(functions|shared)\//.test(name))).toEqual([]);
  });

  test('p-map and the document client are used by data, storage and app alone', () => {
    const rooms = ['shared/data/', 'shared/storage/', 'shared/app/'];
    const others = [...functions, ...shared].filter(({ file }) => !rooms.some((room) => file.startsWith(room)));
    expect(refused(others, (name) => name === 'p-map' || name === '@aws-sdk/lib-dynamodb')).toEqual([]);
  });

  test('only the runtime knows Powertools and middy', () => {
    const others = [...functions, ...shared.filter(({ file }) => !file.startsWith('shared/runtime/'))];
    expect(refused(others, (name) => /^@(aws-lambda-powertools|middy)\//.test(name))).toEqual([]);
  });

  test('a middleware is one idea: none imports another', () => {
    const middlewares = shared.filter(({ file }) => file.startsWith('shared/runtime/middleware/'));
    expect(refused(middlewares, (name) => name.startsWith('shared/runtime/middleware/'))).toEqual([]);
  });
});

describe('every function has its place', () => {
  const wired = infra.map(({ text }) => text).join('\n');
  const names = functions.map(({ file }) => file.replace(/^functions\/|\.ts$/g, ''));
  const routed = new Set<string>(Object.values(routes).map(({ run }) => run));

  test('every route has its file', () => {
    expect([...routed].filter((name) => !names.includes(name))).toEqual([]);
  });

  test('every function file is routed or triggered', () => {
    expect(names.filter((name) => !routed.has(name) && !wired.includes(`'${name}'`))).toEqual([]);
  });

  test('an action file stays under 40 lines, a file of shared/ under 250', () => {
    const long = [...functions, ...shared].filter(({ file, text }) => {
      const lines = text.split('\n').length - 1;
      return lines >= (file.startsWith('functions/') && text.includes('= action(') ? 40 : 250);
    });
    expect(long.map(({ file }) => file)).toEqual([]);
  });
});

describe('each thing is spelled once', () => {
  const all = [...functions, ...shared, ...infra];
  const where = (pattern: RegExp, sources: readonly Source[] = all) =>
    sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

  test('prefixes of keys stand in keys.ts alone', () => {
    const keys = shared.find(({ file }) => file === 'shared/data/keys.ts');
    const prefixes = [...(keys?.text ?? '').matchAll(/[`'"]([A-Z]{2,}#)/g)].flatMap(([, prefix]) => prefix ?? []);
    expect(prefixes.length).toBeGreaterThan(5);
    const spelled = new RegExp(`[\`'"](${[...new Set(prefixes)].join('|')})`);
    expect(where(spelled)).toEqual(['shared/data/keys.ts']);
  });

  test('the environment is read in runtime/env.ts, in infra/app.ts’s settings and by the local stack', () => {
    const inCode = [...functions, ...shared];
    expect(where(/process\.env/, inCode)).toEqual(['shared/runtime/env.ts']);
  });

  test('clients of AWS are made in runtime/clients.ts, with their time-outs', () => {
    expect(where(/new \w+Client\(/, [...functions, ...shared])).toEqual(['shared/runtime/clients.ts']);
  });

  test('the domain reads no clock and no random numbers', () => {
    expect(where(/Date\.now\(|new Date\(\)|Math\.random\(|randomBytes|randomUUID/, inRoom('domain'))).toEqual([]);
  });
});
