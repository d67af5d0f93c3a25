import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import type { LocalStack } from '../../../infra/local/stack.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const startLimitMs = 60_000;

export type RunningStack = LocalStack & {
  /** The data directory: pass it to another start to go on with what is in it. */
  readonly data: string;
  /** A client for the bucket. */
  readonly bucket: S3Client;
  /** The output of the stack so far. */
  output(): string;
  /** Stops it as Ctrl-C does. */
  stop(): Promise<void>;
  /** Kills it, and with `group` every process of its group. */
  kill(): Promise<void>;
};

export type StartOptions = {
  /** The data directory; a new one in the temporary directory when left out. */
  data?: string;
  /** Everything is in memory and forgotten at the end: fast, and the default. */
  memory?: boolean;
  /** A synthesized assembly; the one of this test run when left out. */
  assembly?: string;
  /** Further options of the command line. */
  args?: string[];
  /** npm starts it, as a person does: then `stop` and `kill` reach npm alone. */
  npm?: boolean;
  /** It gets a process group of its own, so that `kill` can reach the whole group. */
  group?: boolean;
};

/** Starts the whole stack as `npm start` does, and answers when it says that it is ready. */
export async function startLocal(options: StartOptions = {}): Promise<RunningStack> {
  const { memory = true, args = [], npm = false, group = false } = options;
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'roster-test-'));
  const file = join(data, 'local.json');
  // A stack that was killed leaves its file behind.
  rmSync(file, { force: true });
  const assembly = options.assembly === undefined ? await assemblyOfRun() : ['--assembly', options.assembly];
  const all = ['--data', data, '--port', '0', ...assembly, ...(memory ? ['--memory'] : []), ...args];
  const child = npm ? launch('npm', ['start', '--', ...all], group) : launch(...direct(all), group);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const stack = await ready(child, file, () => output);
  // In memory no data remains for another start.
  const forget = () => {
    if (memory && options.data === undefined) rmSync(data, { recursive: true, force: true });
  };
  const { endpoint, region, accessKeyId, secretAccessKey } = stack.s3;
  return {
    ...stack,
    data,
    bucket: new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } }),
    output: () => output,
    stop: () => end(child, 'SIGINT').then(forget),
    kill: () => end(child, 'SIGKILL', group).then(forget),
  };
}

/** Runs the start to its end, for starts that must fail. Answers the exit code and what it printed. */
export async function startAndFail(args: string[]): Promise<{ code: number; output: string }> {
  const child = launch(...direct(args), false);
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    output += String(chunk);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), startLimitMs);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  return { code, output };
}

const direct = (args: string[]): [string, string[]] => [
  process.execPath,
  ['--disable-warning=ExperimentalWarning', 'infra/local/main.ts', ...args],
];

function launch(command: string, args: string[], detached: boolean): ChildProcess {
  // A server that the test run itself uses is not the stack's.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return spawn(command, args, {
    cwd: root,
    env: Object.fromEntries(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
}

async function ready(child: ChildProcess, file: string, output: () => string): Promise<LocalStack> {
  for (const until = Date.now() + startLimitMs; Date.now() < until; await sleep(25)) {
    if (child.exitCode !== null) throw new Error(`The local stack did not start:\n${output()}`);
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  }
  child.kill('SIGKILL');
  throw new Error(`The local stack did not start in time:\n${output()}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals, group = false): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, 'exit');
  process.kill(group ? -child.pid : child.pid, signal);
  await gone;
}

/**
 * The options that name the assembly of the project, which a test run synthesizes once (`assembly-of-run.ts`). Outside a
 * test run there are none: each start synthesizes for itself, as `npm start` does.
 */
export async function assemblyOfRun(): Promise<string[]> {
  if (process.env.VITEST === undefined) return [];
  const { inject } = await import('vitest');
  const place = inject('assemblyPlace');
  const done = join(place, 'done');
  writeFileSync(join(place, 'wanted'), '');
  while (!existsSync(done)) await sleep(50);
  const error = readFileSync(done, 'utf8');
  if (error !== '') throw new Error(error);
  return ['--assembly', join(place, 'cdk.out')];
}
