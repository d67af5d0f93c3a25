import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Where a client of the SDK lists the shapes of all its operations, each as one array. */
const shapes = /@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;

/** Where it looks up its own version, and nothing else. */
const manifest = /@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/;

/**
 * Modules of the SDK that no function runs, and a replacement for each: 27 KB of a function that calls S3 and DynamoDB. A
 * function that comes to need one fails with an error that names this file.
 */
const leftOut = [
  // Answers that are streams of events, such as those of S3 Select.
  {
    modules: /@smithy[\\/]core[\\/]dist-es[\\/]submodules[\\/]event-streams[\\/]index\.js$/,
    contents: `
      export const eventStreamSerdeProvider = () => undefined;
      export const resolveEventStreamSerdeConfig = (config) => config;
      export class EventStreamSerde { constructor() { throw new Error('event streams are left out: infra/lean-sdk.ts'); } }`,
  },
  // The cache of endpoints that a client discovers. Each DynamoDB client makes one, and no operation of it reads it.
  {
    modules: /@aws-sdk[\\/]endpoint-cache[\\/]dist-es[\\/]EndpointCache\.js$/,
    contents: `
      const missing = () => { throw new Error('endpoint discovery is left out: infra/lean-sdk.ts'); };
      export class EndpointCache { getEndpoint = missing; get = missing; set = missing; delete = missing; has = missing; clear = missing; }`,
  },
  // Digests in plain JavaScript, for a Node that was built without its own.
  {
    modules: /[\\/]sha(?:1|256)[\\/]Sha(?:1|256)Js\.js$/,
    contents: `
      class Js { constructor() { throw new Error('digests in JavaScript are left out: infra/lean-sdk.ts'); } }
      export { Js as Sha1Js, Js as Sha256Js };`,
  },
];

/**
 * Lets esbuild leave out what nobody calls: the operations of SDK clients, some 60 KB of S3 in each function, and the
 * modules of `leftOut`.
 *
 * The shapes of operations hold computed keys, which might run code when they are made, so esbuild keeps them all. They
 * run none: here each is marked as made without a side effect.
 */
export const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup(build) {
    build.onLoad({ filter: shapes }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(
        /^(export var|var) (\w+\$?) = (\[[^;]*\]);$/gm,
        '$1 $2 = /* @__PURE__ */ (() => ($3))();',
      ),
      loader: 'js',
    }));
    for (const { modules, contents } of leftOut) build.onLoad({ filter: modules }, () => ({ contents, loader: 'js' }));
    build.onLoad({ filter: manifest }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};
