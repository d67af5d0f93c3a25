import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** The files in which a client of the SDK lists the shapes of all its operations, each as one array. */
const shapes = /@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;

/** The file from which a client reads its own version, and nothing else. */
const manifest = /@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/;

/**
 * Modules of the SDK that no function runs, and a replacement for each: 27 KB of a function that calls S3 and DynamoDB. A
 * function that needs one after all fails with an error that names this file.
 */
const leftOut = [
  // Event streams, such as the answers of S3 Select.
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
  // Digests in plain JavaScript, for a Node that was built without crypto.
  {
    modules: /[\\/]sha(?:1|256)[\\/]Sha(?:1|256)Js\.js$/,
    contents: `
      class Js { constructor() { throw new Error('digests in JavaScript are left out: infra/lean-sdk.ts'); } }
      export { Js as Sha1Js, Js as Sha256Js };`,
  },
];

/**
 * Lets esbuild leave out the operations of SDK clients that no function calls, some 60 KB of S3 in each function, and the
 * modules of `leftOut`.
 *
 * The shapes of operations have computed keys, which might have side effects, so esbuild keeps them all. They have none:
 * here each is marked as pure.
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
