import { globSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** The calls of AWS in a function's own code: IAM actions such as `dynamodb:GetItem`, and true when it queries the jobs index. */
export type Calls = { readonly actions: ReadonlySet<string>; readonly queriesJobs: boolean };

/**
 * The modules by which the edge of every action stores rates and answers for repeated calls. Their calls are granted by the
 * partitions of these items, and so are left out of the calls of the function itself.
 */
const edge = ['rates', 'idempotency'].map((name) => `shared/data/access/${name}.ts`);

/** The IAM actions behind the commands of the SDK, by the name of the command. */
const commands: Readonly<Record<string, readonly string[]>> = {
  ...each('dynamodb', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'BatchGetItem', 'BatchWriteItem'),
  // The document client has names of its own.
  Get: ['dynamodb:GetItem'],
  Put: ['dynamodb:PutItem'],
  Update: ['dynamodb:UpdateItem'],
  Delete: ['dynamodb:DeleteItem'],
  BatchGet: ['dynamodb:BatchGetItem'],
  BatchWrite: ['dynamodb:BatchWriteItem'],
  // The actions of these are those of their parts and statements.
  TransactWriteItems: [],
  TransactWrite: [],
  BatchExecuteStatement: [],
  ...each('s3', 'GetObject', 'PutObject', 'AbortMultipartUpload'),
  HeadObject: ['s3:GetObject'],
  ListObjectsV2: ['s3:ListBucket'],
  CreateMultipartUpload: ['s3:PutObject'],
  UploadPart: ['s3:PutObject'],
  CompleteMultipartUpload: ['s3:PutObject'],
  UploadPartCopy: ['s3:GetObject', 's3:PutObject'],
  ...each('sqs', 'SendMessage'),
  SendMessageBatch: ['sqs:SendMessage'],
  ...each('ses', 'SendEmail'),
  ...each('states', 'StartExecution', 'DescribeExecution', 'ListExecutions'),
  ...each('secretsmanager', 'GetSecretValue'),
};

/** Further signs of a call in code: parts of transactions, statements of PartiQL, and forms that are signed. */
const signs: readonly (readonly [RegExp, string])[] = [
  [/\bPut: \{/, 'dynamodb:PutItem'],
  [/\bUpdate: \{/, 'dynamodb:UpdateItem'],
  [/\bDelete: \{/, 'dynamodb:DeleteItem'],
  [/\bConditionCheck: \{/, 'dynamodb:ConditionCheckItem'],
  [/\bINSERT INTO\b/, 'dynamodb:PartiQLInsert'],
  [/\bcreatePresignedPost\(/, 's3:PutObject'],
];

function each(service: string, ...names: string[]): Record<string, string[]> {
  return Object.fromEntries(names.map((name) => [name, [`${service}:${name}`]]));
}

/** Leaves the code of the edge out, and says so when it is not where it was. */
function withoutEdge(seen: Set<string>): Plugin {
  return {
    name: 'without-edge',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]access[\\/]\w+\.ts$/ }, ({ path }) => {
        const file = edge.find((one) => path.replaceAll('\\', '/').endsWith(one));
        if (file === undefined) return null;
        seen.add(file);
        return { contents: 'module.exports = {};', loader: 'js' };
      });
    },
  };
}

/**
 * Reads what every function calls, by its path below `functions/`, from its own code after esbuild has dropped all that
 * the function does not reach. Packages are left outside: what counts is which of their commands are made.
 */
export async function callsOfFunctions(): Promise<ReadonlyMap<string, Calls>> {
  const seen = new Set<string>();
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: globSync('functions/**/*.ts', { cwd: root }),
    outdir: join(root, 'functions'),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    plugins: [withoutEdge(seen)],
    logLevel: 'error',
  });
  const missing = edge.find((file) => !seen.has(file));
  if (missing !== undefined) throw new Error(`${missing} is named in infra/calls.ts, but no function loads it.`);
  return new Map(outputFiles.map(({ path, text }) => [pathOf(path), readCalls(text, pathOf(path))]));
}

function pathOf(file: string): string {
  return file.slice(join(root, 'functions').length + 1, -'.js'.length).replaceAll('\\', '/');
}

const imported = /^import \{([^}]*)\} from "@aws-sdk\/[^"]+";$/gm;

/** Names of the SDK that ask nothing of AWS: clients, errors, signatures, and the notation of items. */
const silent = /(Client|Exception|Error|arshall|convertToAttr|getSignedUrl|createPresignedPost)$/;

/** The commands of the SDK that some code makes. A name whose permissions are not known stops the synthesis. */
function commandsIn(code: string, path: string): string[] {
  const body = code.replaceAll(imported, '');
  const isUsed = (name: string) => new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(body);
  const names = [...code.matchAll(imported)]
    .flatMap(([, list = '']) => list.split(','))
    .map((one) => one.trim().split(' as '))
    .filter(([name = '', alias = name]) => !silent.test(name) && isUsed(alias))
    .map(([name = '']) => name.replace(/^paginate/, '').replace(/Command$/, ''));
  const unknown = names.find((name) => commands[name] === undefined);
  if (unknown === undefined) return names;
  throw new Error(`${path} uses ${unknown} of the SDK, whose permissions infra/calls.ts does not know.`);
}

function readCalls(code: string, path: string): Calls {
  const made = commandsIn(code, path);
  const signed = signs.filter(([sign]) => sign.test(code)).map(([, action]) => action);
  return {
    actions: new Set([...made.flatMap((name) => commands[name] ?? []), ...signed]),
    queriesJobs: /\bJOBS_INDEX\.name\b/.test(code),
  };
}
