import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { type Part, partCutter } from '../../shared/domain/csv/parts.ts';
import { type CsvRecord, recordScanner } from '../../shared/domain/csv/records.ts';

const bytesOf = (text: string) => Buffer.from(text, 'utf8');
const scan = (text: string, delimiter = ',') => recordScanner(delimiter).push(bytesOf(text), true);
/** Records as `[line, cells]`, and `[line, !code]` where they failed. */
const short = (records: readonly CsvRecord[]) =>
  records.map(({ line, cells, fault }) => [line, fault ? `!${fault.code}` : cells]);
const scanned = (text: string, delimiter = ',') => short(scan(text, delimiter));

describe('records', () => {
  it.each([
    ['LF', 'a,b\n1,2\n'],
    ['CR LF', 'a,b\r\n1,2\r\n'],
    ['CR', 'a,b\r1,2\r'],
    ['mixed newlines', 'a,b\r\n1,2\r'],
    ['no newline at the end', 'a,b\n1,2'],
  ])('are cut at %s', (_, text) =>
    expect(scanned(text)).toEqual([
      [1, ['a', 'b']],
      [2, ['1', '2']],
    ]),
  );

  it('take lines as they stand in the file, those inside cells counted', () => {
    expect(scanned('a\r\n"x\ny\r\nz\rw"\r\rb\n\nc')).toEqual([
      [1, ['a']],
      [2, ['x\ny\r\nz\rw']],
      [7, ['b']],
      [9, ['c']],
    ]);
  });

  it('of blank cells only are blank lines', () => {
    expect(scanned('a,b\n\n,\n  ,\u00a0\n"",""\n\u200b,\ufeff\nx,\n')).toEqual([
      [1, ['a', 'b']],
      [7, ['x', '']],
    ]);
  });

  it('keep delimiters, newlines and doubled quotes inside quotes', () => {
    expect(scanned('"a,b","c""d","""","e\nf"')).toEqual([[1, ['a,b', 'c"d', '"', 'e\nf']]]);
  });

  it('take a quote that does not open the cell for a character', () => {
    expect(scanned('a"b,c"", "d\n5\' 10",x, "y" z')).toEqual([
      [1, ['a"b', 'c""', ' "d']],
      [2, ['5\' 10"', 'x', ' "y" z']],
    ]);
  });

  it('take white space and quotes around a cell off: blanks behind delimiters are common', () => {
    expect(scanned('a, "Ann","b"\nx,\u00a0\t"5"" disc" , ""\n "y", "z, ","w"')).toEqual([
      [1, ['a', 'Ann', 'b']],
      [2, ['x', '5" disc', '']],
      [3, ['y', ' "z', ' "', 'w']],
    ]);
  });

  it('keep a BOM that begins a cell, wherever the chunk begins', () => {
    expect(scanned('\ufeff"a,b"\n\ufeffc')).toEqual([
      [1, ['\ufeff"a', 'b"']],
      [2, ['\ufeffc']],
    ]);
  });

  it('decode what is not ASCII', () => {
    expect(scanned('Åsa,"健 ""x""",Юлия 😀\n')).toEqual([[1, ['Åsa', '健 "x"', 'Юлия 😀']]]);
  });

  it('have one cell where there is no delimiter', () => {
    expect(scanned('a,b;c\n"x,\ny"\n', '')).toEqual([
      [1, ['a,b;c']],
      [2, ['x,\ny']],
    ]);
  });

  it('end with a blank cell behind a delimiter', () => expect(scanned('a,')).toEqual([[1, ['a', '']]]));

  it('know their bytes', () => {
    expect(scan('é,b\r\n\r\n1,"2\n3"\n').map(({ from, to, nextLine }) => [from, to, nextLine])).toEqual([
      [0, 6, 2],
      [8, 16, 5],
    ]);
  });
});

describe('a bad quote', () => {
  it('with text behind it is malformed and costs its row alone', () => {
    expect(scanned('a,b\n1,"x"y\n2,"z" \n3,ok\n')).toEqual([
      [1, ['a', 'b']],
      [2, '!malformedQuotes'],
      [3, '!malformedQuotes'],
      [4, ['3', 'ok']],
    ]);
  });

  it('that is never closed fails the row that opened it, and reading goes on with the next line', () => {
    expect(scanned('a,b\n1,"open\n2,ok\n3,ok\n')).toEqual([
      [1, ['a', 'b']],
      [2, '!unterminatedQuote'],
      [3, ['2', 'ok']],
      [4, ['3', 'ok']],
    ]);
  });

  it('that only the opening quote of a later row could close is not closed', () => {
    expect(scanned('1,"open\n2,"x, y"\n3,ok\n')).toEqual([
      [1, '!unterminatedQuote'],
      [2, ['2', 'x, y']],
      [3, ['3', 'ok']],
    ]);
  });

  it('that closes more than 64 KB later is not closed', () => {
    const far = `1,"${'x'.repeat(70_000)}"\n2,"${'y\n'.repeat(40_000)}"\n3,ok\n`;
    const records = short(scan(far));
    expect(records[0]).toEqual([1, '!unterminatedQuote']);
    expect(records[1]).toEqual([2, '!unterminatedQuote']);
    expect(records.at(-1)).toEqual([40_003, ['3', 'ok']]);
  });

  it('keeps what stood on its line, for people to mend', () => {
    expect(scan('1,"a"b,c\n"2\n",é,"d\n3').map(({ cells, raw }) => [cells, raw])).toEqual([
      [[], '1,"a"b,c'],
      [[], '"2\n",é,"d'],
      [['3'], ''],
    ]);
  });

  it('on each of many lines is read in time that grows with the file', () => {
    const text = '1,"open\n'.repeat(200_000);
    const records = scan(text);
    expect(records).toHaveLength(200_000);
    expect(records.every(({ fault }) => fault?.code === 'unterminatedQuote')).toBe(true);
  });
});

describe('a record that is too long', () => {
  it.each([
    ['a cell of 100 KB', `${'x'.repeat(100_000)},1`],
    ['many cells', 'abc,'.repeat(30_000)],
    ['many quoted cells', '"a\nb",'.repeat(20_000).replace(/,$/, '')],
  ])('by %s costs its row alone, whatever the chunks', (_, row) => {
    const text = `1,ok\n${row}\n2,ok\n`;
    for (const size of [1_000, 65_536, 10_000_000]) {
      const records = short(inChunks(text, size));
      expect(records).toHaveLength(3);
      expect(records[1]).toEqual([2, '!recordTooLong']);
      expect(records[2]?.[1]).toEqual(['2', 'ok']);
    }
  });

  it('is not one of 64 KB', () => {
    const row = `${'x'.repeat(65_533)},1\n`;
    expect(scan(row)[0]?.fault).toBeNull();
    expect(scan(`x${row}`)[0]?.fault?.code).toBe('recordTooLong');
  });
});

function inChunks(text: string, size: number, delimiter = ','): CsvRecord[] {
  const bytes = bytesOf(text);
  const scanner = recordScanner(delimiter);
  const records: CsvRecord[] = [];
  for (let at = 0; at < bytes.length; at += size)
    records.push(...scanner.push(bytes.subarray(at, at + size), at + size >= bytes.length));
  return records;
}

/** Text of the characters that have a meaning in a CSV. */
const frameText = fc
  .array(
    fc.constantFrom(',', '"', '""', '\n', '\r', '\r\n', 'a', 'é', '健', ' ', '"x"', ',"', '",', '"\n', '\n"', ';'),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.join(''));

/** A table of at least two columns, without blank rows and without blanks before a quote. */
const table = fc
  .integer({ min: 2, max: 5 })
  .chain((width) =>
    fc.array(
      fc.array(
        fc
          .string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', ' ', "'"), maxLength: 6 })
          .filter((cell) => !/^\s+"/.test(cell)),
        { minLength: width, maxLength: width },
      ),
      { minLength: 1, maxLength: 8 },
    ),
  )
  .map((rows) => rows.map(([, ...cells], index) => [`r${index}`, ...cells]));

describe('laws of the scanner', () => {
  it('chunks may end anywhere', () => {
    fc.assert(
      fc.property(frameText, fc.integer({ min: 1, max: 7 }), (text, size) => {
        expect(inChunks(text, size)).toEqual(text === '' ? [] : scan(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('a well-formed file is read as papaparse alone reads it, whatever the chunks', () => {
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.integer({ min: 1, max: 80 }),
        fc.boolean(),
        (rows, delimiter, newline, size, quotes) => {
          const text = Papa.unparse(rows, { delimiter, newline, quotes });
          const read = Papa.parse<string[]>(text, { delimiter, newline });
          expect(read.errors).toEqual([]);
          expect(inChunks(text, size, delimiter).map(({ cells }) => cells)).toEqual(read.data);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('records follow one another, and their lines are those of an editor', () => {
    fc.assert(
      fc.property(frameText, (text) => {
        let before = 0;
        for (const { from, to, line } of scan(text)) {
          expect(from).toBeGreaterThanOrEqual(before);
          expect(to).toBeGreaterThan(from);
          const head = bytesOf(text).subarray(0, from).toString('utf8');
          expect(line).toBe(head.split(/\r\n|\r|\n/).length);
          before = to;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('parts cut anywhere hold the rows of the whole', () => {
    fc.assert(
      fc.property(frameText, fc.integer({ min: 1, max: 40 }), (text, size) => {
        const bytes = bytesOf(text);
        const whole = scan(text);
        const cutter = partCutter(0, 1, size);
        const last = (parts: Part[]) => [...parts, cutter.end(bytes.length)].filter((part) => part !== null);
        const parts = last(cutter.push(whole));
        const again = parts.flatMap(({ from, to, line, rows }) => {
          const records = recordScanner(',', from, line).push(bytes.subarray(from, to), true);
          expect(records).toHaveLength(rows);
          return records;
        });
        expect(short(again)).toEqual(short(whole));
        expect(again.map(({ from, line }) => [from, line])).toEqual(whole.map(({ from, line }) => [from, line]));
      }),
      { numRuns: 3000 },
    );
  });
});
