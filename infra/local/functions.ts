import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { Assembly, Resource } from './assembly.ts';
import { CannotStart } from './cannot-start.ts';
import { kinds } from './kinds.ts';
import { newCredentials, region } from './names.ts';
import { type FunctionThread, startThread } from './thread.ts';

/** A function as it can be run here: its bundle, its own environment, its limits. */
export type FunctionDefinition = {
  readonly name: string;
  /** Its place in the construct tree, for the log lines. */
  readonly label: string;
  readonly file: string;
  readonly handler: string;
  readonly memory: number;
  readonly timeoutMs: number;
  readonly environment: Record<string, string>;
  /** Where events go that it could not handle, when nobody waits for the answer. */
  readonly deadLetterArn: string | null;
};

/** A function's answer as JSON; when `failed`, the error as Lambda reports it. */
export type Answer = { readonly failed: boolean; readonly payload: string };

export type Functions = {
  /** Calls a function by its name or ARN. Null when there is none. */
  find(nameOrArn: string): FunctionDefinition | null;
  invoke(definition: FunctionDefinition, payload: string): Promise<Answer>;
  stop(): Promise<void>;
};

type Job = { readonly payload: string; readonly settle: (answer: Answer) => void };
type Pool = { readonly definition: FunctionDefinition; readonly waiting: Job[]; readonly threads: Set<FunctionThread> };

/** So many threads are kept when there is nothing to do; a thread with one SDK client takes about 23 MB. */
const warm = 12;
/** Bounds that Lambda has in the thousands, for one machine. */
const most = { ofOneFunction: 16, inAll: 48, startingOfOneFunction: 2 };

export function startFunctions(
  definitions: FunctionDefinition[],
  onOutput: (label: string, line: string) => void,
): Functions {
  const pools = new Map(definitions.map((definition) => [definition.name, poolOf(definition)] as const));
  const threads = () => [...pools.values()].flatMap((pool) => [...pool.threads]);
  let stopped = false;

  /** Hands waiting calls to idle threads, and starts threads for those that remain. */
  function serve(pool: Pool): void {
    const idle = [...pool.threads].filter((thread) => thread.state() === 'idle');
    for (const thread of idle.slice(0, pool.waiting.length)) void hand(pool, thread);
    for (let i = room(pool); i > 0; i--) grow(pool);
  }

  /** How many threads to start for the calls that wait: a few at a time, since a free thread may come before a new one. */
  function room(pool: Pool): number {
    const starting = [...pool.threads].filter((thread) => thread.state() === 'starting').length;
    return Math.min(
      Math.min(pool.waiting.length, most.startingOfOneFunction) - starting,
      most.ofOneFunction - pool.threads.size,
      most.inAll - threads().length,
    );
  }

  function grow(pool: Pool): void {
    const thread = startThread(pool.definition, onOutput);
    pool.threads.add(thread);
    void thread.loaded.then((failure) => {
      if (failure === null) return serve(pool);
      pool.threads.delete(thread);
      pool.waiting.shift()?.settle(failure);
      if (!stopped) serve(pool);
    });
  }

  async function hand(pool: Pool, thread: FunctionThread): Promise<void> {
    const job = pool.waiting.shift();
    if (job === undefined) return;
    const answer = await thread.call(randomUUID(), job.payload);
    if (thread.state() === 'gone') pool.threads.delete(thread);
    job.settle(answer);
    serve(pool);
    rest();
    if (threads().length >= most.inAll - 1) for (const other of pools.values()) serve(other);
  }

  /** Ends the threads that were idle the longest, down to the number that is kept. */
  function rest(): void {
    const idle = threads()
      .filter((thread) => thread.state() === 'idle')
      .sort((a, b) => a.usedAt() - b.usedAt());
    for (const thread of idle.slice(0, Math.max(0, idle.length - warm))) {
      for (const pool of pools.values()) pool.threads.delete(thread);
      void thread.stop();
    }
  }

  return {
    find: (nameOrArn) => pools.get(nameOrArn.split(':').at(-1) ?? '')?.definition ?? null,
    invoke(definition, payload) {
      const pool = pools.get(definition.name);
      if (pool === undefined || stopped) return Promise.resolve(afterStop);
      return new Promise((settle) => {
        pool.waiting.push({ payload, settle });
        serve(pool);
      });
    },
    async stop() {
      stopped = true;
      // Whoever waits for a thread is told, too: the streams and queues end once their calls have.
      for (const { waiting } of pools.values()) for (const { settle } of waiting.splice(0)) settle(afterStop);
      await Promise.all(threads().map((thread) => thread.stop()));
    },
  };
}

function poolOf(definition: FunctionDefinition): Pool {
  return { definition, waiting: [], threads: new Set() };
}

export function failure(errorType: string, errorMessage: string): Answer {
  return { failed: true, payload: JSON.stringify({ errorType, errorMessage, trace: [] }) };
}

const afterStop = failure('Stopped', 'The local stack has stopped.');

/** The functions of the assembly with the environment that Lambda would give them, and the local addresses. */
export function functionsOf(assembly: Assembly, endpoints: Record<string, string>): FunctionDefinition[] {
  return assembly.all(kinds.function).map((resource) => ({
    ...entryOf(assembly, resource),
    name: resource.name,
    label: resource.settings.Description ?? resource.label,
    memory: resource.settings.MemorySize ?? 128,
    timeoutMs: (resource.settings.Timeout ?? 3) * 1000,
    deadLetterArn: resource.settings.DeadLetterConfig?.TargetArn ?? null,
    environment: {
      ...platform(resource),
      ...endpoints,
      ...texts(resource.settings.Environment?.Variables ?? {}),
    },
  }));
}

type FunctionResource = Resource<typeof kinds.function.properties>;

/** The file and the export that a handler such as `index.handler` names. */
function entryOf(assembly: Assembly, { settings, label }: FunctionResource): { file: string; handler: string } {
  const [base = '', handler = ''] = settings.Handler.split('.');
  const directory = assembly.assetDirectory(settings.Code.S3Key);
  const file = ['.mjs', '.js', '.cjs'].map((ending) => join(directory, base + ending)).find((one) => existsSync(one));
  if (file === undefined) throw new CannotStart(`The bundle of ${label} has no ${base}.`);
  return { file, handler };
}

function platform({ name, settings }: FunctionResource): Record<string, string> {
  const { accessKeyId, secretAccessKey } = newCredentials();
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.MemorySize ?? 128),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    TZ: ':UTC',
  };
}

function texts(values: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}
