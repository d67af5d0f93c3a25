import * as ZonedDateTime from 'temporal-polyfill/fns/ZonedDateTime';
import { addDays, utcMidnight } from './date.ts';

/*
 * Days and clock times in a time zone. No other file imports Temporal, so that bundles without time zones do not hold it. A clock time that does not exist moves to the end of the gap, one that exists twice is the first.
 */

const DAY = 86_400_000;
const MILLION = 1_000_000;

/** The stretch of time around an instant in which the zone's offset stays the same; all in milliseconds. */
type Stretch = { readonly from: number; readonly to: number; readonly offset: number };

/** The stretches of each zone that were asked for lately: about two a year, so those of real data are few. */
const zones = new Map<string, Stretch[]>();
const MOST_STRETCHES = 400;

/** Says if this runtime knows a time zone, by its IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    stretchAt(0, name);
    return true;
  } catch {
    return false;
  }
}

/** The first instant of a day (`YYYY-MM-DD`) in a time zone, in milliseconds since 1970. */
export function dayStart(day: string, timeZone: string): number {
  return instantAt(utcMidnight(day), timeZone);
}

/** The first instant after a day in a time zone, in milliseconds since 1970: the day holds what is before it. */
export function dayEnd(day: string, timeZone: string): number {
  return dayStart(addDays(day, 1), timeZone);
}

/** The day `YYYY-MM-DD` on which an instant (milliseconds since 1970) falls in a time zone. */
export function dayAt(instant: number, timeZone: string): string {
  return new Date(localAt(instant, timeZone)).toISOString().slice(0, 10);
}

/** The clock time of a time zone at an instant, as the milliseconds since 1970 that it would be in UTC. */
export function localAt(instant: number, timeZone: string): number {
  return timeZone === 'UTC' ? instant : instant + stretchAt(instant, timeZone).offset;
}

/**
 * The instant at which the clock of a time zone shows `local` (milliseconds since 1970, as if in UTC): the first of two,
 * and the end of the gap when it never does.
 */
export function instantAt(local: number, timeZone: string): number {
  if (timeZone === 'UTC') return local;
  // Offsets lie between -24 and +24 hours, so the instant is in this stretch or in one that follows within two days.
  let stretch = stretchAt(local - DAY, timeZone);
  while (local - stretch.offset >= stretch.to) stretch = stretchAt(stretch.to, timeZone);
  return Math.max(local - stretch.offset, stretch.from);
}

function stretchAt(instant: number, timeZone: string): Stretch {
  const known = zones.get(timeZone) ?? [];
  const found = known.find((stretch) => instant >= stretch.from && instant < stretch.to);
  if (found) return found;
  const made = makeStretch(instant, timeZone);
  zones.set(timeZone, known.length < MOST_STRETCHES ? [...known, made] : [made]);
  return made;
}

function makeStretch(instant: number, timeZone: string): Stretch {
  const at = ZonedDateTime.create(BigInt(instant) * BigInt(MILLION), timeZone);
  const next = ZonedDateTime.getTimeZoneTransition(at, 'next');
  const previous = ZonedDateTime.getTimeZoneTransition(
    next ? ZonedDateTime.subtractMilliseconds(next, 1) : ZonedDateTime.addMilliseconds(at, 1),
    'previous',
  );
  return {
    from: previous ? msOf(previous) : Number.NEGATIVE_INFINITY,
    to: next ? msOf(next) : Number.POSITIVE_INFINITY,
    offset: Math.round(ZonedDateTime.offsetNanoseconds(at) / MILLION),
  };
}

function msOf(at: ZonedDateTime.Record): number {
  return Number(at.epochNanoseconds / BigInt(MILLION));
}
