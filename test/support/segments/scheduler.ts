import { AsyncLocalStorage } from 'node:async_hooks';

/** Random numbers from a seed (mulberry32), so that a failing run can be run again. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
  below(count: number): number {
    return Math.floor(this.next() * count);
  }
  happens(probability: number): boolean {
    return this.next() < probability;
  }
  oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** A worker that can be killed: none of its steps is taken any more. */
type Worker = { killed: boolean; readonly death: number; readonly lost: () => void };
type Waiting = { readonly worker: Worker | undefined; readonly go: () => void };

/** The end of a worker. */
export type End = 'done' | 'killed';

/**
 * Runs workers concurrently, one step at a time: the next worker is chosen at random, and so are the workers that die.
 * A step is the work of a worker between two calls of `gate`.
 */
export class Scheduler {
  readonly #random: Random;
  readonly #waiting: Waiting[] = [];
  readonly #current = new AsyncLocalStorage<Worker>();
  readonly #failures: unknown[] = [];
  #running = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Waits for the turn of the calling worker. A killed worker waits for ever. */
  readonly gate = (): Promise<void> =>
    new Promise((go) => {
      const worker = this.#current.getStore();
      if (!worker?.killed) this.#waiting.push({ worker, go });
    });

  /** Starts a worker that nothing kills. What it throws fails the run. */
  start(run: () => Promise<void>): void {
    void this.mortal(run, 0);
  }

  /** Starts a worker that dies before any of its steps with this probability. */
  mortal(run: () => Promise<void>, death: number): Promise<End> {
    this.#running += 1;
    return new Promise((resolve) => {
      let ended = false;
      const end = (how: End) => {
        // A worker that was killed during its last request may still end: it is counted once.
        if (ended) return;
        ended = true;
        this.#running -= 1;
        resolve(how);
      };
      const worker = { killed: false, lost: () => end('killed'), death };
      this.#current.run(worker, () => {
        run().then(
          () => end('done'),
          (error: unknown) => {
            this.#failures.push(error);
            end('done');
          },
        );
      });
    });
  }

  #kill(worker: Worker): void {
    worker.killed = true;
    // A request that was under way when the worker died arrives or not.
    for (let index = this.#waiting.length - 1; index >= 0; index -= 1) {
      if (this.#waiting[index]?.worker !== worker) continue;
      const [request] = this.#waiting.splice(index, 1);
      if (this.#random.happens(0.5)) request?.go();
    }
    worker.lost();
  }

  #step(): void {
    const [next] = this.#waiting.splice(this.#random.below(this.#waiting.length), 1);
    if (!next) return;
    const { worker } = next;
    if (worker && this.#random.happens(worker.death)) {
      this.#waiting.push(next);
      this.#kill(worker);
    } else next.go();
  }

  /** Takes steps until all workers have ended. @throws the error of a worker */
  async runToEnd(): Promise<void> {
    while (this.#running > 0 || this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const failure of this.#failures) throw failure;
      this.#step();
    }
  }
}
