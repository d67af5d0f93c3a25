import { dayEnd, dayStart, isTimeZone } from '../values/calendar.ts';
import { isDay } from '../values/date.ts';
import { indexKeyOfSet, type Node } from './node.ts';
import type { Subject, Test } from './subject.ts';

/*
 * Days, times of day and instants are kept in writings of one width, which order as the times do; so they are compared
 * as texts, and only what has that width is one of them.
 */
const DAY_WIDTH = 10;
const TIME_WIDTH = 8;
const INSTANT_WIDTH = 24;

const LAST_DAY = '9999-12-31';
/** Orders behind every instant that can be stored. */
const END_OF_TIME = ':';

const MOST_ZONES = 1_000;

/** A stretch of time as two writings: from the first on, and before the second. */
type Stretch = { readonly from: string; readonly to: string };

/** Whose calendar days are meant: the deployment's, or those of the user whose time zone stands at `slot`. */
export type Zone = { readonly deployment: string; readonly slot: number | null };

/** A day for which `holds`. */
export function dayThat(holds: (day: string) => boolean, slot: number): Node {
  return writingThat(holds, DAY_WIDTH, '-', slot);
}

/** A time of day for which `holds`. */
export function timeThat(holds: (time: string) => boolean, slot: number): Node {
  return writingThat(holds, TIME_WIDTH, ':', slot);
}

/**
 * An instant for which `holds`, asked with the stretch of time that two moments span: from where the first begins to
 * where the second ends. A moment that is a day lasts for the whole day; one that is an instant, for its millisecond.
 */
export function instantThat(
  holds: (instant: string, stretch: Stretch) => boolean,
  [first, last]: readonly [string, string],
  slot: number,
  zone: Zone,
): Node {
  const stretchOf = stretches(first, last, zone);
  const test: Test = (subject) => {
    const instant = subject.values[slot];
    return isWriting(instant, INSTANT_WIDTH, 'T') && holds(instant, stretchOf(subject));
  };
  return { test, indexKeys: indexKeyOfSet(slot) };
}

function writingThat(holds: (writing: string) => boolean, width: number, mark: string, slot: number): Node {
  const test: Test = (subject) => {
    const value = subject.values[slot];
    return isWriting(value, width, mark) && holds(value);
  };
  return { test, indexKeys: indexKeyOfSet(slot) };
}

/** Each of the three writings has a mark of its own at a place that tells it from any other text of its width. */
function isWriting(value: unknown, width: number, mark: string): value is string {
  return (
    typeof value === 'string' && value.length === width && value[width === INSTANT_WIDTH ? 10 : width - 3] === mark
  );
}

function stretches(first: string, last: string, zone: Zone): (subject: Subject) => Stretch {
  const inDeployment = stretchIn(first, last, zone.deployment);
  const { slot } = zone;
  if (slot === null) return () => inDeployment;
  const known = new Map<string, Stretch>();
  return (subject) => {
    const name = subject.values[slot];
    if (typeof name !== 'string') return inDeployment;
    const found = known.get(name);
    if (found) return found;
    const made = isTimeZone(name) ? stretchIn(first, last, name) : inDeployment;
    // Users write what they like into their time zone, so what is remembered needs a bound.
    if (known.size < MOST_ZONES) known.set(name, made);
    return made;
  };
}

function stretchIn(first: string, last: string, timeZone: string): Stretch {
  return { from: startOf(first, timeZone), to: endOf(last, timeZone) };
}

function startOf(moment: string, timeZone: string): string {
  return isDay(moment) ? writingOf(dayStart(moment, timeZone)) : moment;
}

function endOf(moment: string, timeZone: string): string {
  if (!isDay(moment)) return writingOf(Date.parse(moment) + 1);
  return moment === LAST_DAY ? END_OF_TIME : writingOf(dayEnd(moment, timeZone));
}

function writingOf(ms: number): string {
  const writing = new Date(ms).toISOString();
  return writing.length === INSTANT_WIDTH ? writing : END_OF_TIME;
}
