import { AsyncLocalStorage } from 'node:async_hooks';

/** Random numbers from a seed (mulberry32), so that a failing run can be run again. */
export class Chance {
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

/** How a worker ended. */
export type End = 'done' | 'killed';

/**
 * Runs workers side by side, one step at a time: whose step is next is up to chance, and so is who dies.
 * A step is whatever a worker awaits `gate` for.
 */
export class Scheduler {
  readonly #chance: Chance;
  readonly #waiting: Waiting[] = [];
  readonly #current = new AsyncLocalStorage<Worker>();
  readonly #failures: unknown[] = [];
  #running = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Waits for one's turn. A killed worker waits for ever. */
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
        // Whoever died with its last request on the way still comes to its end: it counts once.
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
    // What was on its way when the worker died may still arrive, or not.
    for (let index = this.#waiting.length - 1; index >= 0; index -= 1) {
      if (this.#waiting[index]?.worker !== worker) continue;
      const [request] = this.#waiting.splice(index, 1);
      if (this.#chance.happens(0.5)) request?.go();
    }
    worker.lost();
  }

  #step(): void {
    const [next] = this.#waiting.splice(this.#chance.below(this.#waiting.length), 1);
    if (!next) return;
    const { worker } = next;
    if (worker && this.#chance.happens(worker.death)) {
      this.#waiting.push(next);
      this.#kill(worker);
    } else next.go();
  }

  /** Takes steps until nobody is left. @throws what a worker threw */
  async settle(): Promise<void> {
    while (this.#running > 0 || this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const failure of this.#failures) throw failure;
      this.#step();
    }
  }
}
