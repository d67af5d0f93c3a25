import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A real file with 22 columns and 537 rows, none of them faulty; phones need the country `US`. */
export const legislators = readFileSync(join(import.meta.dirname, 'legislators.csv'));

const FIRST = "Ada,Grace,Linus,Åsa,José,Mei,Priya,Omar,Zoë,Chidi,Ngozi,Søren,Anaïs,健,Юлия,O'Neil".split(',');
const LAST =
  'Lovelace|Hopper|Smith, Jr.|Müller|García|Wang|Sharma|Haddad|Okafor|Nakamura|Ivanova|van den Berg|Brown "Bo"|Silva'.split(
    '|',
  );
const PLACES = [
  { country: 'IN', city: 'Bengaluru', timezone: 'Asia/Kolkata', prefix: '+9198450' },
  { country: 'US', city: 'Austin', timezone: 'America/Chicago', prefix: '+151255' },
  { country: 'DE', city: 'Köln', timezone: 'Europe/Berlin', prefix: '+49151123' },
  { country: 'BR', city: 'São Paulo', timezone: 'America/Sao_Paulo', prefix: '+55119123' },
  { country: 'JP', city: 'Osaka', timezone: 'Asia/Tokyo', prefix: '+8190123' },
  { country: 'NG', city: 'Lagos', timezone: 'Africa/Lagos', prefix: '+23480312' },
];
const PLANS = ['free', 'free', 'free', 'pro', 'pro', 'enterprise'];
const TAGS = ['vip', 'beta', 'newsletter', 'churn-risk', 'partner', 'student'];

/** mulberry32: a small seeded generator, good enough to spread values. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Row = Readonly<Record<string, string>>;

/** Rows of different users, the same at every call. */
function rowsOf(count: number): (n: number) => Row {
  const random = mulberry32(1);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const day = (from: number, span: number) =>
    new Date(Date.UTC(2020, 0, 1) + Math.floor(from + random() * span) * 86_400_000).toISOString().slice(0, 10);
  return (n) => {
    const { country, city, timezone, prefix } = pick(PLACES);
    return {
      userId: `u-1-${n}`,
      email: `user${n}.s1@example.com`,
      // The phone repeats every 100,000 rows in a country; longer files leave it out.
      phone: count > 100_000 ? '' : `${prefix}${String(n % 100_000).padStart(5, '0')}`,
      firstName: pick(FIRST),
      lastName: pick(LAST),
      country,
      city,
      timezone,
      plan: pick(PLANS),
      seats: String(1 + Math.floor(random() * 500)),
      renewsOn: day(2200, 700),
      emailOptin: random() < 0.6 ? 'true' : 'false',
      tags: TAGS.filter(() => random() < 0.2).join(';'),
      signedUpAt: `${day(0, 2200)}T${String(Math.floor(random() * 24)).padStart(2, '0')}:30:00Z`,
    };
  };
}

/**
 * Every `every`-th row is spoiled in this way, by the first that fits. With `seats` declared a number and `renewsOn` a
 * date, noIdentifier is FAILED, repeatOfEarlier is MERGED, blankRow is no row, and all the others are IMPORTED, those of the
 * kinds bad* without one cell. With `badCells: fail` these are FAILED as well.
 */
const DIRT = [
  { kind: 'badEmail', every: 97, spoil: (row: Row) => ({ ...row, email: 'not-an-email' }) },
  { kind: 'badNumber', every: 101, spoil: (row: Row) => ({ ...row, seats: '12 chairs' }) },
  { kind: 'badDate', every: 103, spoil: (row: Row) => ({ ...row, renewsOn: '2026-02-30' }) },
  { kind: 'noIdentifier', every: 107, spoil: (row: Row) => ({ ...row, userId: '', email: '', phone: '' }) },
  {
    kind: 'repeatOfEarlier',
    every: 109,
    spoil: (_: Row, earlier: Row) => ({ ...earlier, plan: earlier.plan === 'free' ? 'pro' : 'free' }),
  },
  {
    kind: 'formula',
    every: 113,
    spoil: (row: Row) => ({ ...row, firstName: '=HYPERLINK("http://evil.example","x")' }),
  },
  { kind: 'newlineInCell', every: 127, spoil: (row: Row) => ({ ...row, city: 'Two\nLines' }) },
  { kind: 'blankRow', every: 131, spoil: () => null },
] as const;

type Kind = (typeof DIRT)[number]['kind'];

const cell = (value: string) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const line = (row: Row) => Object.values(row).map(cell).join(',');

const CHUNK = 1_000;

/** A CSV of so many users, the same bytes at every call, in chunks that end between rows. */
export function* userChunks(count: number): Generator<Buffer> {
  const row = rowsOf(count);
  let lines: string[] = [];
  for (let n = 1; n <= count; n += 1) {
    const next = row(n);
    if (n === 1) lines.push(Object.keys(next).join(','));
    lines.push(line(next));
    if (n % CHUNK > 0 && n < count) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
  }
}

/** Such a CSV as a whole. */
export const userFile = (count: number): Buffer => Buffer.concat([...userChunks(count)]);

/** Such a file with spoiled rows from the hundredth on, and how many of each kind there are. */
export function dirtyUserFile(count: number): { readonly csv: Buffer; readonly made: Record<Kind, number> } {
  const row = rowsOf(count);
  const rows = Array.from({ length: count }, (_, at) => row(at + 1));
  const dirt = rows.map((_, at) => (at < 100 ? undefined : DIRT.find(({ every }) => (at + 1) % every === 0)));
  const cleanBefore = (at: number) => rows.findLastIndex((_, i) => i < at && (i + 1) % 50 === 0 && !dirt[i]);
  const lines = rows.map((clean, at) => {
    const spoiled = dirt[at] ? dirt[at].spoil(clean, rows[cleanBefore(at)] ?? {}) : clean;
    return spoiled ? line(spoiled) : '';
  });
  const made = Object.fromEntries(DIRT.map((one) => [one.kind, dirt.filter((other) => other === one).length]));
  const csv = Buffer.from([Object.keys(rows[0] ?? {}).join(','), ...lines, ''].join('\n'));
  return { csv, made: made as Record<Kind, number> };
}
