import { Fault } from '../errors.ts';
import { instantOf, isDay, utcMidnight, writeInstant } from './date.ts';

/** A clock time on a calendar day, not yet in any time zone: the milliseconds since 1970 that it would be in UTC. */
export type LocalTime = { readonly local: number };

/** In which order a cell gives day, month and year. */
export type DateFormat = 'ymd' | 'dmy' | 'mdy';

/** Longer than any date or time that is understood. */
const LIMIT = 64;
const YEAR_FIRST = /^(?<y>\d{4})([-/.])(?<m>\d\d?)\2(?<d>\d\d?)$|^(?<y2>\d{4})(?<m2>\d\d)(?<d2>\d\d)$/;
const YEAR_LAST = {
  dmy: /^(?<d>\d\d?)([-/.])(?<m>\d\d?)\2(?<y>\d{4})$/,
  mdy: /^(?<m>\d\d?)([-/.])(?<d>\d\d?)\2(?<y>\d{4})$/,
} as const;
const ZONE = '(?:Z|UTC|GMT|[+-]\\d\\d(?::?\\d\\d)?)';
/** A cell of databases that have no date there: `0/0/00`, `0000-00-00 00:00:00`. */
const NOTHING = new RegExp(`^[0/.-]+(?:[T\\s]+[0:.]+)?(?:\\s*${ZONE})?$`, 'i');
const MIDNIGHT = new RegExp(`[T\\s]+(?:0?0:00(?::00(?:\\.0+)?)?|12:00(?::00)?\\s*AM)(?:\\s*${ZONE})?$`, 'i');
const MOMENT = /^([\d/.-]+)(?:T|\s+)(\d.*)$/i;
const CLOCK = new RegExp(
  `^(\\d\\d?):([0-5]\\d)(?::([0-5]\\d)(?:\\.(\\d{1,9}))?)?(?:\\s*([AP])M)?(?:\\s*(${ZONE}))?$`,
  'i',
);
const OFFSET = /^([+-])([01]\d|2[0-3]):?([0-5]\d)?$/;

const ORDER: Readonly<Record<DateFormat, string>> = {
  ymd: 'year-month-day',
  dmy: 'day-month-year',
  mdy: 'month-day-year',
};

/**
 * A calendar day in a cell, in the order of `format`, or with the year first; midnight behind it is let go. Null when the
 * cell holds nothing but zeros and separators.
 */
export function readDayCell(text: string, format: DateFormat): string | null | Fault {
  if (isDay(text)) return text;
  if (text.length > LIMIT) return new Fault('invalidDate', generalDetail(format));
  if (NOTHING.test(text)) return null;
  const detail = () => dayHint(text, format) ?? generalDetail(format);
  return dayOf(text.replace(MIDNIGHT, ''), format) ?? new Fault('invalidDate', detail());
}

/**
 * An instant in a cell, or a clock time without an offset, which only a time zone makes an instant. Null when the cell
 * holds nothing but zeros and separators.
 */
export function readInstantCell(text: string, format: DateFormat): string | LocalTime | null | Fault {
  const instant = instantOf(text);
  if (instant !== null) return instant;
  if (text.length > LIMIT) return invalidInstant(format);
  if (NOTHING.test(text)) return null;
  const [, date = text, clock] = MOMENT.exec(text) ?? [];
  const day = dayOf(date, format);
  if (day === null) return invalidInstant(format, dayHint(date, format));
  return clock === undefined ? { local: utcMidnight(day) } : (momentOf(day, clock) ?? invalidInstant(format));
}

function dayOf(text: string, format: DateFormat): string | null {
  const match = YEAR_FIRST.exec(text) ?? (format === 'ymd' ? null : YEAR_LAST[format].exec(text));
  const { y, y2, m, m2, d, d2 } = match?.groups ?? {};
  const day = `${y ?? y2}-${(m ?? m2)?.padStart(2, '0')}-${(d ?? d2)?.padStart(2, '0')}`;
  return isDay(day) ? day : null;
}

/** The moment of a day that a clock time names; null when it names none. */
function momentOf(day: string, clock: string): string | LocalTime | null {
  const [, hours, minutes, seconds = '0', fraction = '', half, zone] = CLOCK.exec(clock) ?? [];
  const hour = hours === undefined ? null : hourOf(Number(hours), half);
  if (hour === null) return null;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const local = utcMidnight(day) + ((hour * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + ms;
  if (zone === undefined) return { local };
  const offset = offsetOf(zone);
  const instant = offset === null ? null : writeInstant(local - offset);
  return instant instanceof Fault ? null : instant;
}

/** The hour of the day by a clock of 24 hours, or of 12 when `half` says which half of the day. */
function hourOf(hour: number, half: string | undefined): number | null {
  if (half === undefined) return hour < 24 ? hour : null;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
}

/** The offset of a zone from UTC in milliseconds; null when no zone has it. */
function offsetOf(zone: string): number | null {
  if (/^[a-z]/i.test(zone)) return 0;
  const [, sign, hours, minutes = '0'] = OFFSET.exec(zone) ?? [];
  if (sign === undefined) return null;
  return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function generalDetail(format: DateFormat): string {
  return `Is not a day that exists, written ${ORDER[format]} (dateFormat ${format}), in the years 1000 to 9999.`;
}

/** The reason why a text is no day in the order of `format`, as a sentence; null when none is known. */
function dayHint(text: string, format: DateFormat): string | null {
  if (/^\d\d?[-/.]\d\d?\.?$/.test(text)) return 'Has no year: write all of the date.';
  if (/^\d\d?([-/.])\d\d?\1\d\d$/.test(text)) return 'Has a year of two digits: write all four.';
  if (MOMENT.test(text))
    return 'Has a time of day beside the date: leave that out, or use a property of type datetime.';
  const other = (['dmy', 'mdy'] as const).find((order) => order !== format && dayOf(text, order) !== null);
  return other ? `Is written ${ORDER[other]}, as it seems: set dateFormat to ${other}, which is ${format} now.` : null;
}

function invalidInstant(format: DateFormat, hint: string | null = null): Fault {
  const general = `Is not a time that exists: a day written ${ORDER[format]} (dateFormat ${format}) or year-month-day, alone or with a time such as 9:30, 09:30:15 or 9:30 PM, and nothing, Z, UTC or an offset behind it.`;
  return new Fault('invalidDatetime', hint ?? general);
}
