import { randomUUID } from 'node:crypto';
import { account, region } from '../cloudformation/names.ts';
import { type Ledger, note, writeNote } from '../process/ledger.ts';
import type { Outbox } from './outbox.ts';
import type { Trigger } from './rules.ts';

/** Starts every schedule. One that fell due while the stack was stopped fires soon after the start. */
export function startSchedules(triggers: Trigger[], ledger: Ledger, outbox: Outbox): { stop(): void } {
  const timers = new Map<string, NodeJS.Timeout>();

  function arm(trigger: Trigger, everyMs: number): void {
    const name = `schedule ${trigger.label}`;
    const noted = note(ledger, name);
    const last = noted === null ? Date.now() : Number(noted);
    if (noted === null) writeNote(ledger, name, String(last));
    const wait = Math.max(1000, last + everyMs - Date.now());
    timers.set(
      trigger.label,
      setTimeout(() => {
        writeNote(ledger, name, String(Date.now()));
        const event = JSON.stringify(eventOf(new Date()));
        outbox.add(trigger.routes.map(({ name: route, input }) => ({ route, payload: input ?? event })));
        arm(trigger, everyMs);
      }, wait),
    );
  }

  for (const trigger of triggers) {
    if ('everyMs' in trigger.when) arm(trigger, trigger.when.everyMs);
  }
  return {
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

function eventOf(now: Date) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: now.toISOString(),
    region,
    resources: [],
    detail: {},
  };
}
