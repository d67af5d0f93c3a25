import { describe, expect, it } from 'vitest';
import type { RowFault } from '../../shared/domain/users/change.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { type Reading, readCsv } from '../support/jobs/csv.ts';
import { dirtyUserFile, legislators } from '../support/jobs/sample-files.ts';

/** The rows of a text: its changes, or `line: code(field) …` where they failed. */
const rows = (text: string | Buffer, reading: Reading = {}) => {
  const read = readCsv(text, reading);
  if (typeof read === 'string') return read;
  const named = (faults: readonly RowFault[]) =>
    faults.map(({ code, field }) => (field ? `${code}(${field})` : code)).join(' ');
  return read.map((row) =>
    'faults' in row
      ? `${row.line}: ${named(row.faults)}`
      : {
          ...row.change,
          properties: { ...row.change.properties },
          ...(row.lost.length > 0 && { lost: named(row.lost) }),
          ...(row.isShort && { isShort: true }),
        },
  );
};

describe('a row', () => {
  it('becomes the change it asks for', () => {
    const text =
      'userId,email,First name,dob,emailOptin,latitude,tags,companies,status,signedUpAt,plan\n' +
      'u1,ADA@Example.com,Ada,1985-12-10,yes,51.5,"vip,VIP;beta",acme;globex,banned,2026-01-31,pro\n';
    expect(rows(text)).toEqual([
      {
        properties: {
          userId: 'u1',
          email: 'ada@example.com',
          firstName: 'Ada',
          dob: '1985-12-10',
          emailOptin: true,
          latitude: 51.5,
          plan: 'pro',
        },
        tags: { mode: 'merge', values: ['vip', 'beta'] },
        companies: { mode: 'merge', values: ['acme', 'globex'] },
        status: 'banned',
        signedUpAt: '2026-01-31T00:00:00.000Z',
      },
    ]);
  });

  it('names everything that is wrong at once, by field', () => {
    const text =
      'userId,email,phone,dob,status,signedUpAt,tags\n' +
      'null,nope,123,2026-02-30,active,1960-01-01,ok\n' +
      `u2,,,,,2031-01-01,${'x'.repeat(65)}\n`;
    expect(rows(text, { badCells: 'fail' })).toEqual([
      '2: blockedIdentifier(userId) invalidEmail(email) phoneNeedsCountry(phone) invalidDate(dob) outOfRange(signedUpAt)',
      '3: outOfRange(signedUpAt) tooLong(tags)',
    ]);
  });

  it('without an identifier fails, unless a bad one says so already', () => {
    expect(rows('email,city\n,Paris\nnope,Rome\n', { badCells: 'fail' })).toEqual([
      '2: noIdentifier',
      '3: invalidEmail(email)',
    ]);
  });

  it('has its line, newlines inside cells counted', () => {
    expect(rows('userId,city\nu1,"Two\nLines"\n\n,x\n')).toEqual([
      { properties: { userId: 'u1', city: 'Two\nLines' } },
      '5: noIdentifier',
    ]);
  });

  it('with more cells than the header fails, surplus blank ones let go', () => {
    expect(rows('userId,city,plan\nu2,Rome,pro,x\nu3,Oslo,pro, ,\n')).toEqual([
      '2: tooManyCells',
      { properties: { userId: 'u3', city: 'Oslo', plan: 'pro' } },
    ]);
  });

  it('with fewer cells than the header is read as if the rest was blank, and said to be short', () => {
    const text = 'userId,city,plan\nu1,Paris\nu2\n,,pro\nu3,Oslo,\n';
    expect(rows(text, { blankCells: 'clear' })).toEqual([
      { properties: { userId: 'u1', city: 'Paris', plan: null }, isShort: true },
      { properties: { userId: 'u2', city: null, plan: null }, isShort: true },
      '4: noIdentifier',
      { properties: { userId: 'u3', city: 'Oslo', plan: null } },
    ]);
  });

  it('with a bad quote or too long a record fails alone', () => {
    expect(rows(`userId,city\nu1,"a"b\nu2,"open\nu3,${'x'.repeat(100_000)}\nu4,ok\n`)).toEqual([
      '2: malformedQuotes',
      '3: unterminatedQuote',
      '4: recordTooLong',
      { properties: { userId: 'u4', city: 'ok' } },
    ]);
  });

  it('loses one quote before a formula sign, and only there', () => {
    expect(rows("userId,city,latitude\n'@u1,'=1+1,'-5\n'u2,''+x,5\nu3,'tis,1\n")).toEqual([
      { properties: { userId: '@u1', city: '=1+1', latitude: -5 } },
      { properties: { userId: "'u2", city: "'+x", latitude: 5 } },
      { properties: { userId: 'u3', city: "'tis", latitude: 1 } },
    ]);
  });

  it('is read by the options of the import', () => {
    const text = 'userId;dob;latitude;phone\nu1;31.12.1985;1.234,5;030 1234567\n';
    expect(rows(text, { dateFormat: 'dmy', decimal: ',', defaultCountry: 'DE' })).toEqual([
      { properties: { userId: 'u1', dob: '1985-12-31', latitude: 1234.5, phone: '+49301234567' } },
    ]);
  });

  it('holds names of properties without those every object has', () => {
    const read = readCsv('userId\nu1\n');
    const [row] = typeof read === 'string' ? [] : read;
    const properties: object = row && 'change' in row ? row.change.properties : {};
    expect('constructor' in properties || 'toString' in properties || '__proto__' in properties).toBe(false);
  });

  it('gives its id apart', () => {
    const read = readCsv('id,city\n01JD0000000000000000000000,Paris\n,Rome\n');
    expect(read).toMatchObject([
      { id: '01JD0000000000000000000000', line: 2 },
      { line: 3, faults: [{ code: 'noIdentifier' }] },
    ]);
  });
});

describe('a cell that does not fit', () => {
  const TYPED = [customProperty('seats', 'number'), customProperty('renewal', 'date'), customProperty('note', 'text')];
  const text = (row: string) => `userId,email,phone,seats,renewal,tags,companies,status,signedUpAt,note\n${row}\n`;

  it('is left out, and the rest of the row is applied', () => {
    const long = 'x'.repeat(256);
    const row = `u1,a@example.com,,twelve,2026-02-30,${'t'.repeat(65)},a/b,,1960-01-01,${long}`;
    expect(rows(text(row), { properties: TYPED })).toEqual([
      {
        properties: { userId: 'u1', email: 'a@example.com' },
        keep: ['seats', 'renewal', 'tags', 'companies', 'signedUpAt', 'note'],
        lost:
          'invalidNumber(seats) invalidDate(renewal) tooLong(tags) invalidCharacter(companies) ' +
          'outOfRange(signedUpAt) tooLong(note)',
      },
    ]);
  });

  it('leaves its field as it is, also where everything is replaced or blank cells clear', () => {
    const reading = { properties: TYPED, onConflict: 'replace', tags: 'replace', blankCells: 'clear' } as const;
    const [row] = rows(text(`u1,,,twelve,,${'t'.repeat(65)},,,,`), { ...reading, addTags: ['june'] });
    expect(row).toMatchObject({
      properties: { userId: 'u1', email: null, renewal: null, note: null },
      tags: { mode: 'merge', values: ['june'] },
      keep: ['seats', 'tags'],
    });
    expect(typeof row === 'object' && 'seats' in row.properties).toBe(false);
  });

  it('of an identifier is left out as long as another one is good', () => {
    expect(rows('userId,email,phone\n4.79386E+17,a@example.com,\nu2,nope,\nnull,,+14155550100\n')).toEqual([
      { properties: { email: 'a@example.com' }, keep: ['userId'], lost: 'mangledNumber(userId)' },
      { properties: { userId: 'u2' }, keep: ['email'], lost: 'invalidEmail(email)' },
      { properties: { phone: '+14155550100' }, keep: ['userId'], lost: 'blockedIdentifier(userId)' },
    ]);
  });

  it('fails its row when no identifier is left, and so does every bad cell of that row', () => {
    expect(rows('userId,email,latitude\nnull,nope,x\n,,x\n')).toEqual([
      '2: blockedIdentifier(userId) invalidEmail(email) invalidNumber(latitude) noIdentifier',
      '3: invalidNumber(latitude) noIdentifier',
    ]);
  });

  it('fails its row where the import says so', () => {
    const reading = { properties: TYPED, badCells: 'fail' } as const;
    expect(rows(text('u1,nope,,twelve,,,,,,'), reading)).toEqual(['2: invalidEmail(email) invalidNumber(seats)']);
  });
});

describe('a blank cell', () => {
  const text = 'userId,city,tags,companies,status,signedUpAt\nu1,,,,,\n';
  it('changes nothing', () => expect(rows(text)).toEqual([{ properties: { userId: 'u1' } }]));
  it('clears the property or list when blank cells clear', () => {
    expect(rows(text, { blankCells: 'clear' })).toEqual([
      {
        properties: { userId: 'u1', city: null },
        tags: { mode: 'replace', values: [] },
        companies: { mode: 'replace', values: [] },
      },
    ]);
  });
  it('clears what a replaced user had, columns that the file lacks included, but never companies', () => {
    const [row] = rows(text, { onConflict: 'replace', tags: 'replace', properties: [customProperty('plan', 'text')] });
    expect(row).toMatchObject({
      properties: { userId: 'u1', city: null, email: null, plan: null, firstName: null },
      tags: { mode: 'replace', values: [] },
    });
    expect(row).not.toHaveProperty('companies');
    expect(row).not.toHaveProperty('status');
  });
});

describe('tags', () => {
  const text = 'userId,tags\nu1,VIP\nu2,\n';
  it('are added to every row', () => {
    expect(rows(text, { addTags: ['vip', 'june'] })).toMatchObject([
      { tags: { mode: 'merge', values: ['VIP', 'june'] } },
      { tags: { mode: 'merge', values: ['vip', 'june'] } },
    ]);
  });
  it('replace when the import says so, where the row gives some', () => {
    expect(rows(text, { tags: 'replace', addTags: ['june'] })).toMatchObject([
      { tags: { mode: 'replace', values: ['VIP', 'june'] } },
      { tags: { mode: 'merge', values: ['june'] } },
    ]);
  });
});

describe('the files at hand', () => {
  it('of legislators are 537 good rows, phones in E.164 and birthdays as dates', () => {
    const read = rows(legislators, { defaultCountry: 'US' });
    expect(read).toHaveLength(537);
    expect(typeof read !== 'string' && read.every((row) => typeof row === 'object')).toBe(true);
    expect(read[0]).toEqual({
      properties: {
        userId: 'A000055',
        firstName: 'Robert',
        lastName: 'Aderholt',
        dob: '1965-07-22',
        gender: 'M',
        phone: '+12022254876',
        website: 'https://aderholt.house.gov',
        chamber: 'House',
        party: 'Republican',
        state: 'AL',
        inOfficeSince: '1997-01-07',
        terms: '15',
      },
      tags: { mode: 'merge', values: ['rep', 'republican'] },
    });
  });

  it('of dirty users lose their bad cells, or the rows with them where the import says so', () => {
    const { csv, made } = dirtyUserFile(2_000);
    const bad = made.badEmail + made.badNumber + made.badDate;
    const properties = [customProperty('seats', 'number'), customProperty('renewsOn', 'date')];
    const read = (badCells: 'skip' | 'fail') => {
      const all = rows(csv, { badCells, properties });
      const list = typeof all === 'string' ? [] : all;
      return {
        rows: list.length,
        failed: list.filter((row) => typeof row === 'string').length,
        lost: list.filter((row) => typeof row === 'object' && row.lost !== undefined).length,
      };
    };
    const count = 2_000 - made.blankRow;
    expect(read('skip')).toEqual({ rows: count, failed: made.noIdentifier, lost: bad });
    expect(read('fail')).toEqual({ rows: count, failed: made.noIdentifier + bad, lost: 0 });
  });
});
