import { describe, expect, it } from 'vitest';
import { keyOfHeader } from '../../shared/domain/csv/column-key.ts';
import { frameOf } from '../../shared/domain/csv/frame.ts';
import { type ColumnOptions, planColumns } from '../../shared/domain/csv/headers.ts';
import { SYNONYMS } from '../../shared/domain/csv/synonyms.ts';
import { type Property, schemaOf } from '../../shared/domain/properties/property.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { legislators } from '../support/jobs/sample-files.ts';

const plan = (
  header: string[],
  options: Partial<ColumnOptions> = {},
  properties: Property[] = [],
  sample: string[][] = [],
) =>
  planColumns(
    { header, sample, headerLine: 1, opening: [] },
    { mapping: {}, unknownColumns: 'create', ...options },
    schemaOf(properties),
  );

/** The field of each column, or the code of the failure. */
const fields = (...input: Parameters<typeof plan>) => {
  const result = plan(...input);
  return 'failure' in result ? `!${result.failure.code}` : result.columns.map(({ field }) => field);
};
const warnings = (...input: Parameters<typeof plan>) => {
  const result = plan(...input);
  return 'failure' in result ? [] : result.warnings.map(({ code, field }) => `${code} ${field}`);
};

describe('a header', () => {
  it.each(Object.entries(SYNONYMS).flatMap(([field, words]) => words.map((word) => [word, field])))(
    '%s means %s',
    (word, field) => {
      const header = field === 'userId' ? [word] : [word, 'userId'];
      expect(fields(header)).toEqual(field === 'userId' ? ['userId'] : [field, 'userId']);
    },
  );

  it.each([
    ['E-Mail Address', 'email'],
    ['PHONE_NUMBER', 'phone'],
    ['First Name', 'firstName'],
    ['Prénom', 'firstName'],
    ['Téléphone', 'telephone'],
    ['Date of Birth', 'dob'],
    ['User ID', 'userId'],
    ['Sign-up date', 'signedUpAt'],
  ])('%j is read without case, accents, spaces and punctuation as %s', (name, field) => {
    const expected = field === 'telephone' ? 'phone' : field;
    expect(fields(field === 'userId' ? [name] : [name, 'userId'])).toEqual(
      field === 'userId' ? ['userId'] : [expected, 'userId'],
    );
  });

  it('means a custom property by key or label', () => {
    const seats = customProperty('seats', 'number', { label: 'Booked seats' });
    expect(fields(['email', 'seats'], {}, [seats])).toEqual(['email', 'seats']);
    expect(fields(['email', 'BOOKED-SEATS'], {}, [seats])).toEqual(['email', 'seats']);
    expect(warnings(['email', 'booked seats'], {}, [seats])).toEqual([]);
  });

  it.each([
    ['status', 'status'],
    ['companies', 'companies'],
    ['Status', 'customStatus'],
    ['Company', 'customCompany'],
    ['Companies', 'customCompanies'],
    ['Source', 'customSource'],
    ['Created at', 'customCreatedAt'],
  ])('%j is %s: some fields go by their exact key alone', (name, field) =>
    expect(fields([name, 'userId'])).toEqual([field, 'userId']),
  );

  it.each(['source', 'createdAt', 'updatedAt', 'lastSeenAt', 'version', 'company.name'])(
    '%s is ours to set, and skipped with a warning',
    (name) => {
      expect(fields([name, 'userId'])).toEqual([null, 'userId']);
      expect(warnings([name, 'userId'])).toEqual([`readOnlyColumn ${name}`]);
    },
  );

  it('of failed rows is skipped in silence', () => {
    expect(fields(['userId', 'roster_line', 'roster_errors'])).toEqual(['userId', null, null]);
    expect(warnings(['userId', 'roster_line', 'roster_errors'])).toEqual([]);
  });
});

describe('a column id', () => {
  const ulid = '01JD0000000000000000000000';
  it('is ours when every cell is a ULID', () => {
    expect(
      fields(
        ['id', 'email'],
        {},
        [],
        [
          [ulid, 'a'],
          ['', 'b'],
        ],
      ),
    ).toEqual(['id', 'email']);
    expect(fields(['id', 'name'], {}, [], [[ulid, 'a']])).toEqual(['id', 'name']);
  });
  it('is the userId when it is not ours and no column is', () => {
    expect(
      fields(
        ['id', 'email'],
        {},
        [],
        [
          [ulid, 'a'],
          ['17', 'b'],
        ],
      ),
    ).toEqual(['userId', 'email']);
    expect(warnings(['ID', 'email'], {}, [], [['17', 'b']])).toEqual(['idAsUserId userId']);
  });
  it('is an unknown column when another column is the userId', () => {
    expect(fields(['id', 'customer id'], {}, [], [['17', 'b']])).toEqual(['customId', 'userId']);
  });
});

describe('an unknown column', () => {
  it.each([
    ['In office since', 'inOfficeSince'],
    ['LTV (USD)', 'ltvUsd'],
    ['2nd name', 'c2ndName'],
    ['Status', 'customStatus'],
    ['价格', 'column_0f4371a7'],
    ['plan', 'plan'],
    ['first_seen', 'first_seen'],
    ['Größe', 'grosse'],
    ['CustomerTier', 'customerTier'],
    ['Segments', 'customSegments'],
    ['id', 'customId'],
    ['created_at', 'customCreatedAt'],
    ['Mobile', 'customMobile'],
    ['tel', 'customTel'],
    ['first name', 'customFirstName'],
    ['email 价格', 'customEmail'],
    ['C#', 'c'],
  ])('%j becomes the property %s', (header, key) => expect(keyOfHeader(header)).toBe(key));

  it('is text, with the header as label, by which the next file finds it', () => {
    const first = plan(['userId', 'In office since']);
    expect(first).toMatchObject({
      columns: [{}, { field: 'inOfficeSince', type: 'text' }],
      create: [{ key: 'inOfficeSince', label: 'In office since', type: 'text' }],
    });
    const made = [customProperty('inOfficeSince', 'text', { label: 'In office since' })];
    expect(plan(['userId', 'In office since'], {}, made)).toMatchObject({ create: [], warnings: [] });
  });

  it('is left out or refused when the options say so', () => {
    expect(fields(['userId', 'plan'], { unknownColumns: 'ignore' })).toEqual(['userId', null]);
    expect(warnings(['userId', 'plan'], { unknownColumns: 'ignore' })).toEqual(['unknownColumn plan']);
    expect(fields(['userId', 'plan'], { unknownColumns: 'fail' })).toBe('!unknownColumn');
  });

  it('that names an archived property is left out with a warning', () => {
    const gone = [customProperty('plan', 'text', { archived: true, label: 'Tariff' })];
    for (const name of ['plan', 'Plan', 'tariff']) {
      expect(fields(['userId', name], {}, gone)).toEqual(['userId', null]);
      expect(warnings(['userId', name], {}, gone)).toEqual([`unknownColumn ${name}`]);
    }
  });

  it('gets a key of its own when two would have the same', () => {
    expect(fields(['userId', 'Número', 'Numero'])).toEqual(['userId', 'numero', 'numero2']);
  });

  it('is refused when there is no room for its property', () => {
    const many = Array.from({ length: 281 }, (_, index) => customProperty(`p${index}`, 'text'));
    expect(fields(['userId', 'plan'], {}, many)).toBe('!tooManyProperties');
    expect(fields(['userId', 'plan'], {}, many.slice(1))).toEqual(['userId', 'plan']);
  });
});

describe('a mapping', () => {
  it('goes before everything else, by the header as written', () => {
    expect(fields(['email', 'Work mail'], { mapping: { 'Work mail': 'email', email: null } })).toEqual([null, 'email']);
  });
  it.each([
    ['decomposed accents', 'Pre\u0301nom'],
    ['another kind of newline', 'First\r\nline'],
    ['white space around', '\u00a0Given '],
    ["a spreadsheet's escape", "'=given"],
  ])('finds a header with %s as the file has it', (_, header) => {
    const frame = frameOf(Buffer.from(`email,"${header}"\nada@example.com,Ada\n`), true);
    if ('failure' in frame) throw new Error(frame.failure.code);
    const result = planColumns(frame, { mapping: { [header]: 'firstName' }, unknownColumns: 'fail' }, schemaOf([]));
    expect('columns' in result && result.columns.map(({ field }) => field)).toEqual(['email', 'firstName']);
  });

  it('declares properties', () => {
    const mapping = { Terms: { key: 'terms', type: 'number' as const } };
    expect(plan(['userId', 'Terms'], { mapping })).toMatchObject({
      columns: [{}, { field: 'terms', type: 'number' }],
      create: [{ key: 'terms', label: 'Terms', type: 'number' }],
      warnings: [],
    });
    expect(plan(['userId', 'Terms'], { mapping }, [customProperty('terms', 'number')])).toMatchObject({ create: [] });
  });
  it.each([
    ['a field that is not there', { a: 'nope' }, '!unknownField'],
    ['a field that only Roster sets', { a: 'createdAt' }, '!unknownField'],
    ['an archived property', { a: 'gone' }, '!unknownField'],
    ['a column that is not there', { nope: 'email' }, '!unknownColumn'],
    ['one field for two columns', { a: 'email', b: 'email' }, '!invalidOption'],
    ['a reserved key', { a: { key: 'status', type: 'text' } }, '!invalidOption'],
    ['a forbidden key', { a: { key: 'constructor', type: 'text' } }, '!invalidOption'],
    ['another type than declared', { a: { key: 'seats', type: 'text' } }, '!invalidOption'],
  ] as const)('with %s fails the file', (_, mapping, code) => {
    const properties = [customProperty('gone', 'text', { archived: true }), customProperty('seats', 'number')];
    expect(fields(['userId', 'a', 'b'], { mapping }, properties)).toBe(code);
  });
});

describe('a file', () => {
  it.each([
    ['duplicateHeader', ['userId', 'First Name', 'FIRST NAME']],
    ['duplicateHeader', ['userId', 'Plan', 'plan']],
    ['duplicateHeader', ['userId', 'plan', 'plan']],
    ['forbiddenHeader', ['userId', '__proto__']],
    ['forbiddenHeader', ['userId', 'constructor']],
    ['forbiddenHeader', ['userId', 'prototype']],
    ['forbiddenHeader', ['userId', 'a\u0007']],
    ['forbiddenHeader', ['userId', 'a\u000b']],
    ['forbiddenHeader', ['userId', 'a\rb']],
    ['noIdentifierColumn', ['firstName', 'plan']],
  ])('fails with %s for the header %j', (code, header) => expect(fields(header)).toBe(`!${code}`));

  it('may have headers that a spreadsheet wrapped over lines', () => {
    const frame = frameOf(
      Buffer.from('"E-mail\r\naddress","First\nname","Shoe\nsize"\nada@example.com,Ada,38\n'),
      true,
    );
    if ('failure' in frame) throw new Error(frame.failure.code);
    expect(frame.line).toBe(5);
    const result = planColumns(frame, { mapping: {}, unknownColumns: 'create' }, schemaOf([]));
    expect('columns' in result && result.columns.map(({ field }) => field)).toEqual(['email', 'firstName', 'shoeSize']);
    expect('create' in result && result.create).toEqual([{ key: 'shoeSize', label: 'Shoe\nsize', type: 'text' }]);
  });

  it('is identified by a custom identifier too', () => {
    expect(fields(['badge'], {}, [customProperty('badge', 'text', { identifier: true })])).toEqual(['badge']);
  });

  it('of legislators is understood as it is', () => {
    const frame = frameOf(legislators, true);
    if ('failure' in frame) throw new Error(frame.failure.code);
    const result = planColumns(frame, { mapping: {}, unknownColumns: 'create' }, schemaOf([]));
    expect('columns' in result && result.columns.map(({ field }) => field)).toEqual(
      'userId firstName lastName dob gender phone website chamber party state tags inOfficeSince terms'.split(' '),
    );
    expect('create' in result && result.create.every(({ type }) => type === 'text')).toBe(true);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});
