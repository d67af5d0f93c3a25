import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { bundle } from '../../infra/bundle.ts';
import { routes } from '../../infra/routes.ts';
import type { BenchRow } from './row.ts';

const root = join(import.meta.dirname, '../..');
const bundles = join(root, 'dist/functions');
const STARTS = 15;

/** The time in which a new process loads a module, in milliseconds: the median of several. */
function loadTime(module: string): number {
  const script = `const t=performance.now();await import(${JSON.stringify(module)});console.log(performance.now()-t)`;
  const times = Array.from({ length: STARTS }, () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })),
  );
  return times.sort((a, b) => a - b)[Math.floor(STARTS / 2)] ?? 0;
}

/** The DynamoDB client alone, bundled as Roster's functions are: the least that a function loads that reads a table. */
async function bareClient(folder: string): Promise<string> {
  const entry = join(folder, 'bare.ts');
  writeFileSync(
    entry,
    `import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
     const client = new DynamoDBClient({ region: 'us-east-1' });
     export const handler = (Key) => client.send(new GetItemCommand({ TableName: 't', Key }));`,
  );
  const outfile = join(folder, 'bare.mjs');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    nodePaths: [join(root, 'node_modules')],
    banner: { js: `import{createRequire as r}from'node:module';const require=r(import.meta.url);` },
    logLevel: 'silent',
  });
  return outfile;
}

const parsesPhones = (file: string) => readFileSync(file, 'utf8').includes('country_calling_codes');
const kilobytes = (file: string) => Math.round(statSync(file).size / 1000);

/** The sizes of the functions' bundles, and the times in which they load, beside the DynamoDB client alone. */
export async function run(): Promise<BenchRow[]> {
  await bundle();
  const routed = new Set<string>(Object.values(routes).map(({ run: path }) => path));
  const files = globSync('**/index.mjs', { cwd: bundles })
    .filter((file) => routed.has(dirname(file)))
    .map((file) => join(bundles, file));
  const largest = (some: readonly string[]) => some.reduce((a, b) => (kilobytes(a) >= kilobytes(b) ? a : b));
  const plain = largest(files.filter((file) => !parsesPhones(file)));
  const phones = largest(files.filter(parsesPhones));
  const folder = mkdtempSync(join(tmpdir(), 'roster-bench-'));
  const bare = await bareClient(folder);
  const bareTime = loadTime(bare);
  const ownTime = loadTime(join(bundles, 'users/get/index.mjs'));
  const beside = [{ name: 'the DynamoDB client alone', value: kilobytes(bare) }];
  rmSync(folder, { recursive: true });
  return [
    { what: 'largest API function', value: kilobytes(plain), unit: 'KB', beside, goal: '≤ 400 KB' },
    { what: 'largest API function that parses phones', value: kilobytes(phones), unit: 'KB', beside, goal: '≤ 500 KB' },
    {
      what: 'time to load users/get',
      value: Math.round(ownTime),
      unit: 'ms',
      beside: [{ name: 'the DynamoDB client alone', value: Math.round(bareTime) }],
      ratio: bareTime / ownTime,
      goal: '≤ 1.2 × the client',
    },
  ];
}
