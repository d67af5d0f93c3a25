import { describe, expect, it } from 'vitest';
import { dayAt, dayEnd, dayStart, instantAt, isTimeZone, localAt } from '../../shared/domain/values/calendar.ts';
import { addDays } from '../../shared/domain/values/date.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The clock of a zone by the runtime's own formatter, which shares no code with ours. */
function clockOf(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const seen = new Map<number, number>();
  return (instant) => {
    const known = seen.get(instant);
    if (known !== undefined) return known;
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const local = Date.UTC(part.year ?? 0, (part.month ?? 0) - 1, part.day, part.hour, part.minute, part.second);
    seen.set(instant, local);
    return local;
  };
}

const at = (text: string) => Date.parse(text);

describe('a clock time', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00:00Z'],
    ['America/New_York', '2026-03-08T02:00', '2026-03-08T07:00:00Z'],
    ['Pacific/Apia', '2011-12-30T15:00', '2011-12-30T10:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:30:00Z'],
  ])('in %s that does not exist, %s, moves to the end of the gap', (zone, local, instant) =>
    expect(new Date(instantAt(at(`${local}Z`), zone))).toEqual(new Date(instant)),
  );

  it.each([
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00Z'],
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30:00Z'],
    ['Africa/Casablanca', '2026-02-15T02:30', '2026-02-15T01:30:00Z'],
  ])('in %s that exists twice, %s, is the first', (zone, local, instant) =>
    expect(new Date(instantAt(at(`${local}Z`), zone))).toEqual(new Date(instant)),
  );
});

describe.each([
  'UTC',
  'Etc/UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'Africa/Cairo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Africa/Casablanca',
  'America/St_Johns',
  'Antarctica/Troll',
])('in %s', (zone) => {
  const clock = clockOf(zone);
  // Every quarter of an hour around each day on which the offset changes, a sample of other days between.
  const days: string[] = [];
  for (let day = '2011-01-01'; day < '2012-01-04'; day = addDays(day, 1)) {
    const from = at(`${day}T00:00:00Z`);
    const changes = clock(from) - from !== clock(from + DAY) - (from + DAY);
    if (changes || day.endsWith('-10')) days.push(addDays(day, -1), day, addDays(day, 1));
  }
  for (const day of ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01']) days.push(day);

  it('the clock shows what the runtime says', () => {
    for (const day of days)
      for (let instant = at(`${day}T00:00:00Z`); instant < at(`${day}T24:00:00Z`); instant += 15 * MINUTE)
        expect(localAt(instant, zone)).toBe(clock(instant));
  });

  it('a clock time is the first instant that shows it, or the first that shows a later one', () => {
    // Found by walking the clock in quarters, then back in minutes: some zones change at one past midnight.
    const firstShowing = (local: number) => {
      let instant = local - 15 * HOUR;
      while (clock(instant) < local) instant += 15 * MINUTE;
      while (clock(instant - MINUTE) >= local) instant -= MINUTE;
      return instant;
    };
    for (const day of days)
      for (let local = at(`${day}T00:00:00Z`); local < at(`${day}T24:00:00Z`); local += 30 * MINUTE)
        expect([day, instantAt(local, zone)]).toEqual([day, firstShowing(local)]);
  });

  it('a day begins where the one before ends, and holds its instants', () => {
    for (const day of days) {
      const start = dayStart(day, zone);
      expect(dayEnd(addDays(day, -1), zone)).toBe(start);
      if (dayEnd(day, zone) === start) continue;
      expect(dayAt(start, zone)).toBe(day);
      expect(dayAt(dayEnd(day, zone) - 1, zone) <= day).toBe(true);
    }
  });
});

describe('a time zone', () => {
  it('is known by its IANA name', () => {
    expect(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Mars/Olympus', ''].map(isTimeZone)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
