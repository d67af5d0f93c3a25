import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedColumnsFinder, failedRowsWriter } from '../../shared/domain/csv/failed-rows.ts';
import { frameOf } from '../../shared/domain/csv/frame.ts';
import { recordScanner } from '../../shared/domain/csv/records.ts';
import { readCsv } from '../support/jobs/csv.ts';

/** Faults of the shape of a row, which stand in columns of their own until they are corrected. */
const SHAPE: ReadonlySet<string> = new Set([
  'malformedQuotes',
  'unterminatedQuote',
  'tooManyCells',
  'recordTooLong',
  'notCorrected',
]);

describe('failed rows', () => {
  const recordOf = (cells: readonly string[], line = 2, raw = '') => ({ line, cells, raw });
  const none = { raw: false, surplus: 0 };

  it('stand under the header of their file, to be corrected and dropped', () => {
    const failed = failedRowsWriter(['userId', 'roster_line', 'email', '-odd', 'roster_errors'], none);
    expect(failed.start).toBe("\ufeffuserId,email,'-odd,roster_line,roster_errors\r\n");
    expect(
      failed.line(recordOf(['u1', '7', 'nope', '=1+1', 'old'], 3), [
        { code: 'invalidEmail', field: 'email', detail: 'Is not an e-mail address.' },
      ]),
    ).toBe("u1,nope,'=1+1,3,invalidEmail(email): Is not an e-mail address.\r\n");
    const corrected = `${failed.start}${failed.line(recordOf(["'=u", '', 'a@example.com', '-5', ''], 9), [])}`;
    expect(readCsv(corrected.replace(/^\ufeff/, ''))).toMatchObject([
      { change: { properties: { userId: '=u', email: 'a@example.com', odd: '-5' } } },
    ]);
  });

  /** The failed rows of a file, as their job writes them. */
  function failedRowsOf(file: string): string {
    const frame = frameOf(Buffer.from(file), true);
    if ('failure' in frame) throw new Error(frame.failure.code);
    const scanner = recordScanner(frame.delimiter, frame.from, frame.line);
    const records = scanner.push(Buffer.from(file).subarray(frame.from), true);
    const finder = failedColumnsFinder(frame.header);
    for (const record of records) finder.add(record);
    const writer = failedRowsWriter(frame.header, finder.columns());
    const rows = readCsv(file);
    if (typeof rows === 'string') throw new Error(rows);
    const lines = records.map((record, index) => {
      const row = rows[index];
      const errors = row && ('faults' in row ? row.faults : row.lost);
      return errors && errors.length > 0 ? writer.line(record, errors) : '';
    });
    return [writer.start.replace('\ufeff', ''), ...lines].join('');
  }

  const codes = (file: string) => {
    const rows = readCsv(file);
    return typeof rows === 'string'
      ? rows
      : rows.map((row) => ('faults' in row ? row.faults.map(({ code }) => code) : []));
  };

  it('keep a value in a column without header as a surplus cell, so that the file can be read again', () => {
    const file = `userId,,city\n${'u1,,Paris\n'.repeat(100)}u2,x,Rome\n`;
    const failed = failedRowsOf(file);
    expect(failed).toMatch(/^userId,city,roster_surplus_1,roster_line,roster_errors\r\nu2,Rome,x,102,/);
    expect(codes(failed)).toEqual([['notCorrected']]);
  });

  it('keep the cells beyond the header under headers of their own', () => {
    expect(
      failedRowsOf('userId,city\nu1,Paris,France,,x,\nu2,Rome\nu3,Oslo,NO\n').replace(/tooManyCells.*\r/g, '…\r'),
    ).toBe(
      [
        'userId,city,roster_surplus_1,roster_surplus_2,roster_surplus_3,roster_line,roster_errors',
        'u1,Paris,France,,x,2,…',
        'u3,Oslo,NO,,,4,…',
        '',
      ].join('\r\n'),
    );
  });

  it('keep a row with bad quotes as one text', () => {
    const failed = failedRowsOf('userId,city\nu1,"Paris" F\nu2,=x,y\n');
    expect(failed).toContain('userId,city,roster_raw,roster_surplus_1,roster_line,roster_errors\r\n');
    expect(failed).toContain(',,"u1,""Paris"" F",,2,"malformedQuotes: ');
    expect(failed).toContain("u2,'=x,,y,3,tooManyCells");
  });

  it('fail again when they are dropped as they are, again and again, and lose nothing by it', () => {
    const first = failedRowsOf('userId,city\nu1,"Paris" F\nu2,Rome,x\nu3,"=Open\nu4,Oslo\n');
    expect(codes(first)).toEqual([['notCorrected'], ['notCorrected'], ['notCorrected']]);
    const second = failedRowsOf(first);
    expect(second.replace(/,\d+,"?notCorrected.*/g, '')).toBe(
      first.replace(/,\d+,"?(malformed|tooMany|unterminated).*/g, ''),
    );
    expect(failedRowsOf(second).replace(/,\d+,/g, ',')).toBe(second.replace(/,\d+,/g, ','));
  });

  it('are read once their cells stand under the right headers', () => {
    const corrected =
      'userId,city,roster_raw,roster_surplus_1,roster_line,roster_errors\nu1,Paris,,,2,x\nu2,Rome, ,\u200b,3,y\n';
    expect(codes(corrected)).toEqual([[], []]);
  });

  it('are one text when their cells are very many, and so is a record that is too long', () => {
    const failed = failedRowsOf(`userId,city\nu1,Paris${',x'.repeat(60)}\nu2,${'y'.repeat(70_000)}\n`);
    expect(failed).toContain('userId,city,roster_raw,roster_line,roster_errors\r\n');
    expect(failed).toContain(`,,"u1,Paris${',x'.repeat(60)}",2,tooManyCells`);
    expect(failed).toContain(',,"A record of 70004 bytes, which begins on line 3 of the file.",3,recordTooLong');
    expect(codes(failed)).toEqual([['notCorrected'], ['notCorrected']]);
  });

  /** The errors of each row with any, in order: code and field; a row to be corrected has one name, whatever is wrong. */
  function errorsOf(file: string): readonly string[] {
    const rows = readCsv(file);
    if (typeof rows === 'string') throw new Error(rows);
    return rows.flatMap((row) => {
      const errors = 'faults' in row ? row.faults : row.lost;
      const named = errors.map(({ code, field }) => `${SHAPE.has(code) ? 'notCorrected' : code} ${field ?? ''}`);
      return named.length > 0 ? [named.join()] : [];
    });
  }

  it('dropped uncorrected fail or lose the same cells again', () => {
    const cell = fc.constantFrom(
      'u1',
      'a@example.com',
      'nope',
      '',
      'null',
      'x',
      "'=1",
      '-5',
      '"q"',
      '"a"b',
      '"open',
      ' "s"',
      'é\u0007',
    );
    const row = fc.array(cell, { minLength: 1, maxLength: 7 }).map((cells) => cells.join());
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (rows) => {
        const file = ['userId,email,latitude,dob,city', 'good,,,,', ...rows, ''].join('\n');
        const errors = errorsOf(file);
        if (errors.length > 0) expect(errorsOf(failedRowsOf(file))).toEqual(errors);
      }),
      { numRuns: 1000 },
    );
  });
});
