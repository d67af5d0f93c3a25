import type { Ledger } from '../process/ledger.ts';

/** A payload for a target, which gets it at least once, also when the stack restarts in between. */
type Delivery = { readonly route: string; readonly payload: string };

/** The way to a target: one attempt, the number of retries, and the step after the last of them. */
export type Route = {
  readonly name: string;
  readonly retries: number;
  attempt(payload: string): Promise<boolean>;
  giveUp(payload: string): Promise<void>;
};

export type Outbox = { add(deliveries: Delivery[]): void; stop(): void };

const firstDelayMs = 500;
const longestDelayMs = 60_000;

/** Opens the outbox of a ledger and resumes the deliveries that an earlier run did not finish. */
export function openOutbox(ledger: Ledger, routes: Route[]): Outbox {
  ledger.exec(`CREATE TABLE IF NOT EXISTS deliveries
    (id INTEGER PRIMARY KEY AUTOINCREMENT, route TEXT NOT NULL, payload TEXT NOT NULL, tries INTEGER NOT NULL)`);
  const insert = ledger.prepare('INSERT INTO deliveries (route, payload, tries) VALUES (?, ?, 0) RETURNING id');
  const count = ledger.prepare('UPDATE deliveries SET tries = ? WHERE id = ?');
  const remove = ledger.prepare('DELETE FROM deliveries WHERE id = ?');
  const known = new Map(routes.map((route) => [route.name, route] as const));
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  async function deliver(id: number, delivery: Delivery, tries: number): Promise<void> {
    const route = known.get(delivery.route);
    if (stopped || route === undefined) return;
    const done = await route.attempt(delivery.payload).catch(() => false);
    // A failure while the stack stops does not count as a try; the delivery is made after the next start.
    if (stopped) return;
    if (!done && tries < route.retries) {
      count.run(tries + 1, id);
      later(id, delivery, tries + 1);
      return;
    }
    if (!done) await route.giveUp(delivery.payload);
    remove.run(id);
  }

  function later(id: number, delivery: Delivery, tries: number): void {
    const delay = tries === 0 ? 0 : Math.min(firstDelayMs * 2 ** tries, longestDelayMs);
    const timer = setTimeout(() => {
      timers.delete(timer);
      void deliver(id, delivery, tries);
    }, delay);
    timers.add(timer);
  }

  for (const row of ledger.prepare('SELECT id, route, payload, tries FROM deliveries ORDER BY id').all()) {
    later(Number(row.id), { route: String(row.route), payload: String(row.payload) }, Number(row.tries));
  }
  return {
    add(deliveries) {
      for (const delivery of deliveries) {
        const row = insert.get(delivery.route, delivery.payload);
        later(Number(row?.id), delivery, 0);
      }
    },
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
