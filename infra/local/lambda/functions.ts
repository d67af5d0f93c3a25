import { randomUUID } from 'node:crypto';
import { type Answer, type FunctionDefinition, failure } from './function-definition.ts';
import { type FunctionThread, startThread } from './thread.ts';

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

const afterStop = failure('Stopped', 'The local stack has stopped.');
