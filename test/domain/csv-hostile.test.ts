import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../shared/domain/csv/frame.ts';
import { recordScanner } from '../../shared/domain/csv/records.ts';
import { readCsv } from '../support/jobs/csv.ts';
import { legislators } from '../support/jobs/sample-files.ts';

const good = legislators.subarray(0, 3_000);
const codes = (text: string | Buffer) => {
  const read = readCsv(text, { defaultCountry: 'US', badCells: 'fail' });
  return typeof read === 'string' ? read : read.map((row) => ('faults' in row ? row.faults[0]?.code : 'ok'));
};

describe('a hostile file', () => {
  it.each([
    ['is empty', '', 'emptyFile'],
    ['has only a header', 'userId,email\n', 'noRows'],
    ['has a header twice', 'userId,USERID \n1,2\n', 'duplicateHeader'],
    ['has no identifier column', 'city,plan\nParis,pro\n', 'noIdentifierColumn'],
    ['is Latin-1', Buffer.from('userId,city\nu1,Köln\n', 'latin1'), 'notUtf8'],
    ['has NUL bytes', 'userId,city\nu1,\0\n', 'binaryFile'],
    ['names a prototype', 'userId,__proto__\nu1,x\n', 'forbiddenHeader'],
  ])('that %s fails as a whole', (_, text, code) => expect(codes(text)).toBe(code));

  it.each([
    ['an open quote', 'userId,city\nu1,"Paris\nu2,Rome\n', ['unterminatedQuote', 'ok']],
    ['too many cells', 'userId,city\nu1,Paris,x\nu2,Rome\n', ['tooManyCells', 'ok']],
    ['a cell of 100 KB', `userId,city\nu1,${'x'.repeat(102_400)}\nu2,Rome\n`, ['recordTooLong', 'ok']],
    ['a control character', 'userId,city\nu1,a\u0007\nu2,Rome\n', ['invalidCharacter', 'ok']],
  ])('with %s in a row loses that row alone', (_, text, rows) => expect(codes(text)).toEqual(rows));

  it.each([
    ['sep=;', 3, 'sep=;\nuserId;city\nu1;a,b\n'],
    ['tabs', 2, 'userId\tcity\nu1\ta,b\n'],
    ['semicolons', 2, 'userId;city\nu1;"a,b"\n'],
    ['mixed newlines', 2, 'userId,city\r\nu1,"a,b"\r\r\n'],
  ])('with %s is read right', (_, line, text) =>
    expect(readCsv(text)).toMatchObject([{ line, change: { properties: { userId: 'u1', city: 'a,b' } } }]),
  );
});

describe('a file with bytes changed, dropped and repeated at random', () => {
  const mutation = fc.array(
    fc.tuple(
      fc.nat(good.length - 1),
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x22, 0x2c, 0x0a, 0x0d, 0x3b, 0x09)),
      fc.nat(3),
    ),
    { minLength: 1, maxLength: 30 },
  );
  const mutated = mutation.map((changes) => {
    let bytes = Buffer.from(good);
    for (const [at, byte, extra] of changes) {
      const head = bytes.subarray(0, at);
      bytes = Buffer.concat([head, Buffer.alloc(extra, byte), bytes.subarray(at + (byte % 3))]);
    }
    return bytes;
  });

  it('is refused or read, row by row, and nothing is lost on the way', () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        const read = readCsv(bytes, { defaultCountry: 'US' });
        const frame = frameOf(bytes, true);
        if (typeof read === 'string' || 'failure' in frame) return;
        const records = recordScanner(frame.delimiter, frame.from, frame.line).push(bytes.subarray(frame.from), true);
        expect(read.map(({ line }) => line)).toEqual(records.map(({ line }) => line));
        expect(records.at(-1)?.to).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 1500 },
    );
  });
});
