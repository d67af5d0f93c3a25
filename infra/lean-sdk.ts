import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Where a client of the SDK lists the shapes of all its operations, each as one array. */
const shapes = /@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;

/** Where it looks up its own version, and nothing else. */
const manifest = /@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/;

/**
 * Lets esbuild leave out the operations of an SDK client that nobody calls: some 60 KB of S3 in each function.
 *
 * Their shapes hold computed keys, which might run code when they are made, so esbuild keeps them all. They run none:
 * here each is marked as made without a side effect.
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
    build.onLoad({ filter: manifest }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};
