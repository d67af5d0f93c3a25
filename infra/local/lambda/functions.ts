import { randomUUID } from 'node:crypto';
import { type Answer, type FunctionDefinition, failure } from './function-definition.ts';
import { type FunctionThread, startThread } from './thread.ts';

export type Functions = {
  /** Finds a function by its name or ARN; null when there is none. */
  find(nameOrArn: string): FunctionDefinition | null;
  invoke(definition: FunctionDefinition, payload: string): Promise<Answer>;
  stop(): Promise<void>;
};

type Call = { readonly payload: string; readonly answer: (answer: Answer) => void };
type Pool = {
  readonly definition: FunctionDefinition;
  readonly waiting: Call[];
  readonly threads: Set<FunctionThread>;
};

/**
 * The idle threads that are kept: some for ever, more for a minute. A thread with one SDK client takes about 23 MB, and
 * its start takes 0.15 s of CPU time: with the first dozen alone, a run of tests spent half of its time on starts.
 */
const warm = { forEver: 12, forAMinute: 24 };
const minuteMs = 60_000;
/** The limits of one machine, where Lambda has thousands. */
const most = { ofOneFunction: 16, inAll: 48, startingOfOneFunction: 2 };

export function startFunctions(
  definitions: FunctionDefinition[],
  onOutput: (label: string, line: string) => void,
): Functions {
  const pools = new Map(definitions.map((definition) => [definition.name, poolOf(definition)] as const));
  const threads = () => [...pools.values()].flatMap((pool) => [...pool.threads]);
  let stopped = false;

  /** Gives every waiting call a thread, as far as there is one or room for one. */
  function serveAll(): void {
    for (const pool of pools.values()) if (pool.waiting.length > 0) serve(pool);
    for (const thread of idleThreads().slice(warm.forAMinute)) void thread.stop();
  }

  const cooling = setInterval(() => {
    const others = idleThreads().slice(warm.forEver);
    for (const thread of others) if (Date.now() - thread.usedAt() > minuteMs) void thread.stop();
  }, minuteMs / 6);
  cooling.unref();

  /** Hands waiting calls to idle threads, and starts threads for those that remain. */
  function serve(pool: Pool): void {
    const idle = [...pool.threads].filter((thread) => thread.state() === 'idle');
    for (const thread of idle.slice(0, pool.waiting.length)) void handNext(pool, thread);
    for (let i = wanted(pool); i > 0 && makeRoom(); i--) grow(pool);
  }

  /** The number of threads to start: a few at a time, since a busy thread may be free before a new one is loaded. */
  function wanted(pool: Pool): number {
    const starting = [...pool.threads].filter((thread) => thread.state() === 'starting').length;
    return Math.min(
      Math.min(pool.waiting.length, most.startingOfOneFunction) - starting,
      most.ofOneFunction - pool.threads.size,
    );
  }

  /** Answers true when one more thread may start. At the limit, an idle thread of another function gives way. */
  function makeRoom(): boolean {
    if (stopped) return false;
    const living = threads().filter((thread) => thread.state() !== 'gone');
    if (living.length < most.inAll) return true;
    const oldest = idleThreads().at(-1);
    void oldest?.stop();
    return oldest !== undefined;
  }

  /** The threads that wait for a call, the one that became idle last at first. */
  function idleThreads(): FunctionThread[] {
    return threads()
      .filter((thread) => thread.state() === 'idle')
      .sort((a, b) => b.usedAt() - a.usedAt());
  }

  function grow(pool: Pool): void {
    const thread = startThread(pool.definition, onOutput);
    pool.threads.add(thread);
    void thread.loaded.then((failure) => {
      if (failure !== null) pool.waiting.shift()?.answer(failure);
      serveAll();
    });
    // A thread may also end while it is idle.
    void thread.gone.then(() => {
      pool.threads.delete(thread);
      serveAll();
    });
  }

  async function handNext(pool: Pool, thread: FunctionThread): Promise<void> {
    const call = pool.waiting.shift();
    if (call === undefined) return;
    call.answer(await thread.call(randomUUID(), call.payload));
    serveAll();
  }

  return {
    find: (nameOrArn) => pools.get(nameOrArn.split(':').at(-1) ?? '')?.definition ?? null,
    invoke(definition, payload) {
      const pool = pools.get(definition.name);
      if (pool === undefined || stopped) return Promise.resolve(afterStop);
      return new Promise((answer) => {
        pool.waiting.push({ payload, answer });
        serve(pool);
      });
    },
    async stop() {
      stopped = true;
      clearInterval(cooling);
      // A caller that waits for a thread gets its answer, too: streams and queues end once their calls have.
      for (const { waiting } of pools.values()) for (const { answer } of waiting.splice(0)) answer(afterStop);
      await Promise.all(threads().map((thread) => thread.stop()));
    },
  };
}

function poolOf(definition: FunctionDefinition): Pool {
  return { definition, waiting: [], threads: new Set() };
}

const afterStop = failure('Stopped', 'The local stack has stopped.');
