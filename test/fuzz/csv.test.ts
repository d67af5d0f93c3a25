import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOf, transcoder } from '../../shared/domain/csv/encoding.ts';
import { frameOf } from '../../shared/domain/csv/frame.ts';
import { recordScanner } from '../../shared/domain/csv/records.ts';
import { FailureCode } from '../../shared/domain/jobs/job.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { CANARY } from '../support/arbitrary/request.ts';
import { readCsv } from '../support/jobs/csv.ts';

// A failure prints its seed: `SEED=<seed> npx vitest run test/fuzz` reads the same again, `RUNS=10000` reads more.
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.RUNS ?? 600);

const ROW_CODES = (
  'noIdentifier blockedIdentifier wrongType invalidCharacter invalidNumber invalidBoolean invalidDate invalidDatetime ' +
  'invalidTime invalidEmail invalidPhone phoneNeedsCountry invalidUrl invalidTag notAllowed tooLong tooMany outOfRange ' +
  'tooManyCells malformedQuotes unterminatedQuote recordTooLong'
).split(' ');

const reading = {
  properties: (['number', 'boolean', 'date', 'datetime', 'time', 'list', 'url'] as const).map((type) =>
    customProperty(`a${type}`, type),
  ),
};
const HEADER = 'userId,email,phone,city,tags,signedUpAt,anumber,aboolean,adate,adatetime,atime,alist,aurl,Some header';
const ROW = [
  ...[`u-${CANARY}`, `${CANARY}@example.com`, '+14155550100', CANARY, `vip;${CANARY}`, '2020-01-31', '-12.5', 'yes'],
  ...['2020-01-31', '2020-01-31 09:30', '09:30', `one;${CANARY}`, `https://example.com/${CANARY}`, "'=1+1"],
].join();
const rows = (count: number) => Array.from({ length: count }, (_, n) => ROW.replace('u-', `u${n}-`));

const UTF_16 = Buffer.from('\ufeff', 'utf16le');
const files = fc.constantFrom(
  Buffer.from([HEADER, ...rows(8)].join('\r\n')),
  Buffer.from(`\ufeff${HEADER}\n${rows(3).join('\n')}\n"u8\n","a ""b"" c",,,,,,,,,,,,\n\n,,\n${ROW}\n`),
  Buffer.from(`sep=;\n${[HEADER, ROW].join('\n').replaceAll(',', '\t').replaceAll(';', ',').replaceAll('\t', ';')}`),
  Buffer.concat([UTF_16, Buffer.from([HEADER, ...rows(3)].join('\r'), 'utf16le')]),
  Buffer.from(`userId\n${CANARY}\n`),
);

/** The bytes that are inserted: those with a meaning for a reader, and any others. */
const piece = fc.oneof(
  fc
    .constantFrom(
      '"',
      '""',
      ',',
      ';',
      '\t',
      '|',
      '\n',
      '\r',
      '\r\n',
      '\0',
      "'",
      '=',
      ' ',
      '\ufeff',
      '\u00a0',
      'é',
      '💥',
      '-',
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(Buffer.alloc(300, 'x'), Buffer.alloc(70_000, 'x'), Buffer.alloc(500, ','), Buffer.from([0xff, 0xfe])),
);
const changes = fc.array(fc.record({ at: fc.nat(3_000), dropped: fc.nat(6), piece }), { minLength: 1, maxLength: 12 });

function changed(file: Buffer, done: readonly { at: number; dropped: number; piece: Buffer }[]): Buffer {
  return done.reduce((bytes, { at, dropped, piece: put }) => {
    const place = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + dropped)]);
  }, file);
}

/** The text of a file in UTF-8 without its BOM, or why there is none. */
function textOf(bytes: Buffer): Buffer | string {
  const kind = formatOf(bytes);
  if (kind === 'gzip') return kind;
  if ('failure' in kind) return kind.failure.code;
  const text = transcoder(kind)(bytes.subarray(kind.bom), true);
  return 'failure' in text ? text.failure.code : Buffer.from(text);
}

function expectRows(text: Buffer): void {
  const read = readCsv(text, reading);
  if (typeof read === 'string') return void expect(FailureCode.options).toContain(read);
  const frame = frameOf(text, true);
  if ('failure' in frame) throw new Error('rows without a frame');
  const records = recordScanner(frame.delimiter, frame.from, frame.line).push(text.subarray(frame.from), true);
  // Every record becomes one row, with its own line.
  expect(read.map(({ line }) => line)).toEqual(records.map(({ line }) => line));
  const faults = read.flatMap((row) => ('faults' in row ? row.faults : []));
  expect(ROW_CODES).toEqual(expect.arrayContaining(faults.map(({ code }) => code)));
  expect(JSON.stringify(faults)).not.toContain(CANARY);
  // Lines outside of records are blank.
  const edges = [frame.from, ...records.flatMap(({ from, to }) => [from, to]), text.length];
  const blank = new RegExp(`^[\\s\\u200b"${frame.delimiter}]*$`);
  for (let gap = 0; gap < edges.length; gap += 2) {
    expect(text.subarray(edges[gap], edges[gap + 1]).toString()).toMatch(blank);
  }
}

describe('a file with anything done to it', () => {
  it('fails with a code of the list, or every record of it is a row that is read or says what is wrong', () => {
    const property = fc.property(files, changes, (file, done) => {
      const text = textOf(changed(file, done));
      if (typeof text === 'string') expect(['gzip', ...FailureCode.options]).toContain(text);
      else expectRows(text);
    });
    fc.assert(property, { seed, numRuns });
  });
});

describe('a row with anything done to it', () => {
  /** Damage that neither ends the line nor the file's being text. */
  const damage = fc.array(
    fc.record({
      at: fc.nat(300),
      dropped: fc.nat(20),
      piece: fc
        .constantFrom(...'",;| x\t\u0007\u200bé', '""', ',,,', '💥', 'x'.repeat(300), 'x'.repeat(70_000))
        .map((text) => Buffer.from(text)),
    }),
    { minLength: 1, maxLength: 6 },
  );

  it('costs that row at most', () => {
    const whole = rows(9);
    const good = readCsv([HEADER, ...whole].join('\n'), reading);
    const property = fc.property(fc.nat(8), damage, (hurt, done) => {
      const row = changed(Buffer.from(whole[hurt] ?? ''), done).toString();
      const read = readCsv([HEADER, ...whole.with(hurt, row)].join('\n'), reading);
      if (typeof read === 'string' || typeof good === 'string') throw new Error('one row has cost the file');
      const others = (all: typeof good) => all.filter(({ line }) => line !== hurt + 2);
      expect(others(read)).toEqual(others(good));
      expect(read.length - others(read).length).toBeLessThanOrEqual(1);
    });
    fc.assert(property, { seed, numRuns });
  });
});

describe('four megabytes of it', () => {
  const shapes = [
    '"',
    '""',
    '",',
    '"\n',
    '"\r',
    '"x"y,',
    'a,"b\n',
    ',',
    '\n',
    '\r',
    '" ',
    'x',
    '"a"\n,',
    "'",
    '\ufeff',
    ';"',
  ];

  // A reader of quadratic time would run into the time-out here.
  it.each(shapes)('%j end, and the row behind them is read', (shape) => {
    const bytes = Buffer.from(`userId,city\nfirst,x\n${shape.repeat((4 << 20) / shape.length)}\nlast,y\n`);
    const scanner = recordScanner(',', 12, 2);
    const lines: string[] = [];
    for (let from = 12; from < bytes.length; from += 1 << 18) {
      const chunk = bytes.subarray(from, from + (1 << 18));
      for (const { cells } of scanner.push(chunk, from + chunk.length >= bytes.length)) {
        if (cells[0] === 'first' || cells[0] === 'last') lines.push(cells.join());
      }
    }
    expect(lines).toEqual(['first,x', 'last,y']);
  });
});
