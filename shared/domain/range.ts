import { Fault, type PlacedFault } from './errors.ts';
import type { Reading } from './report.ts';
import { dayEnd, dayStart } from './values/calendar.ts';
import { isDay, readInstant } from './values/date.ts';

/** A stretch of time between two instants, both included. */
export type Range = { readonly from: string; readonly to: string };

const iso = (ms: number) => new Date(ms).toISOString();

type Given = { readonly from?: string | undefined; readonly to?: string | undefined };

function instantOf(text: string, timeZone: string, ofDay: (day: string, timeZone: string) => number): number | null {
  if (isDay(text)) return ofDay(text, timeZone);
  const instant = readInstant(text);
  return instant instanceof Fault ? null : Date.parse(instant);
}

const fault = (parameter: string): PlacedFault => ({
  parameter,
  code: 'invalidDatetime',
  detail: 'Give a day such as 2026-01-31, or an instant such as 2026-01-31T09:30:00Z.',
});

/**
 * The range that `from` and `to` ask for: each a day or an instant; a day is the whole day in the time zone.
 * Without one of them the range is open there.
 */
export function rangeOf({ from, to }: Given, timeZone: string): Reading<Range> {
  const first = from === undefined ? 0 : instantOf(from, timeZone, dayStart);
  const last =
    to === undefined ? Date.parse('9999-12-31T23:59:59.999Z') : instantOf(to, timeZone, (...day) => dayEnd(...day) - 1);
  const faults = [...(first === null ? [fault('from')] : []), ...(last === null ? [fault('to')] : [])];
  return first === null || last === null ? { faults } : { value: { from: iso(first), to: iso(last) } };
}
