import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { isUnchanged, recordOf } from './bundle-record.ts';
import { leanSdk } from './lean-sdk.ts';
import { pageFiles } from './openapi/page/files.ts';
import { openapi } from './openapi.ts';

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist', 'functions');

/** Some packages in the bundles are CommonJS and load Node's modules by `require`, which ES modules do not have. */
const banner = `import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);`;

/**
 * Providers of credentials that a Lambda does not use: the SDK reads its environment first, and finds them there. The SDK
 * loads each of these only when the earlier ones have failed. Without them a bundle is a quarter smaller.
 */
const neverLoaded = [
  ...['http', 'ini', 'process', 'sso', 'web-identity'].map((way) => `@aws-sdk/credential-provider-${way}`),
  '@smithy/credential-provider-imds',
];

/** Every function of the project by its path below `functions/`, such as `users/create`. */
function functionPaths(): string[] {
  return globSync('**/*.ts', { cwd: join(root, 'functions') })
    .map((file) => file.replaceAll('\\', '/').slice(0, -'.ts'.length))
    .sort();
}

/** The record of the last build, and the files beside its inputs on which the output depends. */
const record = join(out, 'inputs.json');
const makers = ['infra/bundle.ts', 'infra/lean-sdk.ts', 'package-lock.json', 'tsconfig.json'];

/**
 * Bundles every function into a folder of its own, `dist/functions/<path>/index.mjs`, in one esbuild run. The run is left
 * out when no file has changed since the last one: it costs nine seconds of CPU time, and each start needs the bundles.
 *
 * Files are replaced as a whole and only when they differ, so that two runs at a time do not disturb each other.
 */
export async function bundle(): Promise<void> {
  const paths = functionPaths();
  const built = paths.every((path) => existsSync(join(out, path, 'index.mjs')));
  if (!built || !isUnchanged(record, root)) await build(paths);
  replace(join(out, 'docs', 'openapi', 'openapi.json'), Buffer.from(JSON.stringify(await openapi())));
  for (const [name, text] of Object.entries(pageFiles())) replace(join(out, 'docs', 'page', name), Buffer.from(text));
  for (const stale of globSync('**/index.mjs', { cwd: out }).filter((file) => !paths.includes(dirname(file)))) {
    rmSync(join(out, dirname(stale)), { recursive: true, force: true });
  }
}

async function build(paths: string[]): Promise<void> {
  const { outputFiles, metafile } = await esbuild({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(paths.map((path) => [`${path}/index`, `functions/${path}.ts`])),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: neverLoaded,
    plugins: [leanSdk],
    minify: true,
    legalComments: 'none',
    banner: { js: banner },
    logLevel: 'warning',
  });
  for (const file of outputFiles) replace(file.path, file.contents);
  replace(record, Buffer.from(recordOf([...makers, ...Object.keys(metafile.inputs)], root)));
}

function replace(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** The folder of one function's bundle. A name without a file is an error here, not at the first call. */
export function bundleOf(path: string): string {
  const folder = join(out, path);
  if (!existsSync(join(folder, 'index.mjs')))
    throw new Error(`functions/${path}.ts is named in infra/, but is not there.`);
  return folder;
}
