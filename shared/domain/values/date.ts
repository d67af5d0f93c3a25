import { Fault } from '../errors.ts';

const DAY = 86_400_000;
const DAY_SHAPE = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const INSTANT =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
/** The common writing of an instant, which needs no arithmetic. */
const UTC = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.000)?Z$/;

const FIRST_INSTANT = Date.UTC(1000, 0, 1);
const LAST_INSTANT = Date.UTC(10_000, 0, 1);

const INVALID_DAY = new Fault(
  'invalidDate',
  'Is not a day that exists, written YYYY-MM-DD, in the years 1000 to 9999.',
);
const INVALID_INSTANT = new Fault(
  'invalidDatetime',
  'Is not a time that exists, written as in RFC 3339 with Z or an offset, in the years 1000 to 9999.',
);
const INVALID_TIME = new Fault('invalidTime', 'Is not a time of day written HH:MM or HH:MM:SS.');

/** A calendar day `YYYY-MM-DD` that exists. */
export function readDay(text: string): string | Fault {
  return isDay(text) ? text : INVALID_DAY;
}

/** An instant `YYYY-MM-DDTHH:MM:SS.mmmZ` from RFC 3339 with `Z` or an offset; finer fractions are cut off. */
export function readInstant(text: string): string | Fault {
  return instantOf(text) ?? INVALID_INSTANT;
}

/** A time of day as `HH:MM:SS`. */
export function readTime(text: string): string | Fault {
  const seconds = secondsOf(text);
  if (seconds === null) return INVALID_TIME;
  return text.length === 5 ? `${text}:00` : text;
}

/** The instant that is written for milliseconds since 1970; a fault outside the years 1000 to 9999 (UTC). */
export function writeInstant(ms: number): string | Fault {
  return ms >= FIRST_INSTANT && ms < LAST_INSTANT ? new Date(ms).toISOString() : INVALID_INSTANT;
}

/** Midnight of a day in UTC, in milliseconds since 1970. The day must exist. */
export function utcMidnight(day: string): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10)));
}

/** The day that is `days` later, or earlier when negative. */
export function addDays(day: string, days: number): string {
  return new Date(utcMidnight(day) + days * DAY).toISOString().slice(0, 10);
}

/** Says if a text is a calendar day that exists, written `YYYY-MM-DD`, in the years 1000 to 9999. */
export function isDay(text: string): boolean {
  if (!DAY_SHAPE.test(text)) return false;
  const day = Number(text.slice(8));
  return day <= 28 || day <= daysIn(Number(text.slice(0, 4)), Number(text.slice(5, 7)));
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function secondsOf(text: string): number | null {
  const match = TIME.exec(text);
  return match ? Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0) : null;
}

/** The instant that a text in RFC 3339 names, as it is kept; null when it names none. */
export function instantOf(text: string): string | null {
  if (UTC.test(text)) return isDay(text.slice(0, 10)) ? `${text.slice(0, 19)}.000Z` : null;
  const match = INSTANT.exec(text);
  const [, day = '', hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] = match ?? [];
  if (!isDay(day)) return null;
  const clock = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const offset = sign === undefined ? 0 : Number(`${sign}1`) * (Number(offsetHour) * 3600 + Number(offsetMinute) * 60);
  const written = writeInstant(
    utcMidnight(day) + (clock - offset) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')),
  );
  return written instanceof Fault ? null : written;
}
