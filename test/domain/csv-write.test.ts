import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeFormula, type FileProfile, unescapeFormula } from '../../shared/domain/csv/formula.ts';
import { DELETION_LOG_START, deletionLogLine, IMPORT_LOG_START, importLogLine } from '../../shared/domain/csv/logs.ts';
import { template } from '../../shared/domain/csv/template.ts';
import { exportFields, fileStart, userWriter } from '../../shared/domain/csv/write.ts';
import { Fault } from '../../shared/domain/errors.ts';
import { type PropertyType, schemaOf } from '../../shared/domain/properties/property.ts';
import type { User } from '../../shared/domain/users/user.ts';
import { readTags } from '../../shared/domain/values/list.ts';
import { readJson } from '../../shared/domain/values/parse.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { readCsv } from '../support/jobs/csv.ts';

const PROFILES: readonly FileProfile[] = ['spreadsheet', 'data'];

const user = (properties: User['properties'], more: Partial<User> = {}): User => ({
  id: '01JD0000000000000000000000',
  status: 'active',
  statusReason: null,
  properties,
  aliases: [],
  tags: [],
  companies: [],
  signedUpAt: '2026-01-31T09:30:00.000Z',
  createdAt: '2026-01-31T09:30:00.000Z',
  updatedAt: '2026-01-31T09:30:00.000Z',
  lastSeenAt: null,
  source: 'api',
  version: 1,
  ...more,
});

describe('a formula', () => {
  it.each([
    ['=1+1', "'=1+1", '=1+1'],
    ['+1', "'+1", '+1'],
    ['-1', "'-1", '-1'],
    ['@x', "'@x", '@x'],
    ['＝x', "'＝x", '＝x'],
    ["'=x", "''=x", "''=x"],
    ["''=x", "'''=x", "'''=x"],
    ["'tis", "'tis", "'tis"],
    ['a=b', 'a=b', 'a=b'],
    ['', '', ''],
  ])('%j is written %j for spreadsheets and %j as data', (text, spreadsheet, data) => {
    expect(escapeFormula(text, 'spreadsheet')).toBe(spreadsheet);
    expect(escapeFormula(text, 'data')).toBe(data);
  });

  it('comes back as it was in both profiles', () => {
    const text = fc
      .array(fc.constantFrom("'", '=', '+', '-', '@', '\t', '\n', '\r', '＝', '＋', '－', '＠', 'a'), { maxLength: 6 })
      .map((signs) => signs.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom(...PROFILES), (raw, profile) => {
        expect(unescapeFormula(escapeFormula(raw, profile))).toBe(raw);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('an export', () => {
  const schema = schemaOf([
    customProperty('zone', 'text'),
    customProperty('badge', 'text', { identifier: true }),
    customProperty('gone', 'text', { archived: true }),
    customProperty('age', 'number'),
  ]);

  it('has all live fields in their order', () => {
    expect(exportFields(schema).join(' ')).toBe(
      'id userId email phone badge anonymousId firstName lastName gender country city language timezone lastChannel ip dob ' +
        'emailOptin smsOptin whatsappOptin latitude longitude age zone ' +
        'tags companies status source signedUpAt createdAt updatedAt lastSeenAt',
    );
  });

  it('begins with a BOM for spreadsheets, and with the keys', () => {
    expect(fileStart(['id', 'email'], 'spreadsheet')).toBe('\ufeffid,email\r\n');
    expect(fileStart(['id', 'email'], 'data')).toBe('id,email\r\n');
  });

  it('quotes where needed, escapes text alone, and leaves unset cells blank', () => {
    const write = userWriter(
      ['id', 'phone', 'city', 'longitude', 'emailOptin', 'skills', 'email', 'tags', 'lastSeenAt'],
      'spreadsheet',
    );
    const line = write(
      user(
        {
          phone: '+14155550100',
          city: 'Two "big"\nlines, here',
          longitude: -1e-7,
          emailOptin: false,
          skills: ['a;b', 'c\\'],
        },
        { tags: ['-x', 'y'] },
      ),
    );
    expect(line).toBe(
      '01JD0000000000000000000000,\'+14155550100,"Two ""big""\nlines, here",-0.0000001,false,a\\;b;c\\\\,,\'-x;y,\r\n',
    );
  });
});

/** Users with values of every type, as they can be stored. */
const types: readonly PropertyType[] = [
  'text',
  'longText',
  'number',
  'boolean',
  'date',
  'datetime',
  'time',
  'list',
  'url',
];
const locale = { timeZone: 'UTC', defaultCountry: null } as const;
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 3 }),
      fc.constantFrom(
        "'",
        '=',
        '+',
        '-',
        '@',
        '"',
        ',',
        ';',
        '\\',
        '\n',
        '\r\n',
        '\t',
        ' ',
        '\u00a0',
        '\ufeff',
        '|',
        '＝',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const raw: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  userId: hostile.map((text) => `u${text}`),
  email: fc.emailAddress(),
  phone: fc.constantFrom('+14155550100', '+442079460958', '+919845012345'),
  anonymousId: hostile,
  text: hostile,
  longText: hostile,
  number: fc.double({ noNaN: true }),
  boolean: fc.boolean(),
  date: fc.constantFrom('2026-01-31', '1000-01-01', '9999-12-31'),
  datetime: fc.constantFrom('2026-01-31T09:30:00.123Z', '1000-01-01T00:00:00Z'),
  time: fc.constantFrom('09:30', '23:59:59'),
  list: fc.array(hostile, { maxLength: 4 }),
  url: hostile.map((text) => `https://example.com/${text}`),
};
const properties = types.map((type) => customProperty(type, type));
const schema = schemaOf(properties);

function stored(values: Readonly<Record<string, unknown>>): User['properties'] {
  const kept: Record<string, User['properties'][string]> = {};
  for (const [key, value] of Object.entries(values)) {
    const property = schema.properties.get(key);
    const read = property ? readJson(property, value, locale) : null;
    if (read !== null && !(read instanceof Fault)) kept[key] = read;
  }
  return kept;
}

describe('an export, imported again', () => {
  const anyUser = fc
    .tuple(fc.record(raw), fc.array(hostile, { maxLength: 4 }), fc.constantFrom('active' as const, 'banned' as const))
    .map(([values, tags, status]) => {
      const read = readTags(tags);
      return user(stored(values), { tags: read instanceof Fault ? [] : read, status, companies: ['acme', '@x'] });
    })
    .filter(({ properties: { userId } }) => userId !== undefined);

  it.each(PROFILES)('gives every value back in the profile %s', (profile) => {
    const fields = exportFields(schema);
    fc.assert(
      fc.property(fc.array(anyUser, { minLength: 1, maxLength: 3 }), (users) => {
        const file = fileStart(fields, profile) + users.map(userWriter(fields, profile)).join('');
        const read = readCsv(file.replace(/^\ufeff/, ''), { properties });
        expect(typeof read === 'string' ? read : read.map((row) => ('change' in row ? row.change : row))).toEqual(
          users.map(({ properties: kept, tags, companies, status, signedUpAt }) => ({
            properties: kept,
            ...(tags.length > 0 ? { tags: { mode: 'merge', values: tags } } : {}),
            companies: { mode: 'merge', values: companies },
            status,
            signedUpAt,
          })),
        );
      }),
      { numRuns: 1500 },
    );
  });
});

describe('the template', () => {
  const own = schemaOf([
    ...properties,
    customProperty('badge', 'text', { identifier: true }),
    customProperty('gone', 'text', { archived: true }),
  ]);
  it('has every field that an import can write', () => {
    const [header = ''] = template(own, false).split('\r\n');
    expect(header).toMatch(/^\ufeffuserId,email,phone,badge,anonymousId,firstName,/);
    expect(header).toMatch(/,tags,companies,status,signedUpAt$/);
    expect(header).not.toMatch(/\b(id|source|createdAt|updatedAt|lastSeenAt|gone)\b/);
    expect(template(own, false).split('\r\n')).toHaveLength(2);
  });
  it('has an example that passes an import', () => {
    const all = [...properties, customProperty('badge', 'text', { identifier: true })];
    const read = readCsv(template(own, true).replace(/^\ufeff/, ''), { properties: all });
    expect(read).toMatchObject([
      { line: 2, change: { properties: { email: 'ada@example.com', badge: 'badge-1001' } } },
    ]);
    const [row] = typeof read === 'string' ? [] : read;
    expect(row && 'change' in row && Object.keys(row.change.properties)).toHaveLength(19 + all.length);
  });
});

describe('job files', () => {
  const errors = [
    { code: 'invalidEmail', field: 'email', detail: 'Is not an e-mail address.' },
    { code: 'tooManyCells', detail: 'Has more cells, "far" more.' },
  ] as const;

  it('say what became of each row', () => {
    expect(IMPORT_LOG_START).toBe('\ufeffline,verdict,userId,id,errors\r\n');
    expect(importLogLine({ line: 2, verdict: 'IMPORTED', userId: '=u', id: '01JD', errors: [] })).toBe(
      "2,IMPORTED,'=u,01JD,\r\n",
    );
    expect(importLogLine({ line: 3, verdict: 'FAILED', userId: null, id: null, errors })).toBe(
      '3,FAILED,,,"invalidEmail(email): Is not an e-mail address.; tooManyCells: Has more cells, ""far"" more."\r\n',
    );
    expect(DELETION_LOG_START + deletionLogLine('01JD', 'DELETED', [])).toBe(
      '\ufeffid,verdict,errors\r\n01JD,DELETED,\r\n',
    );
  });
});
