import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../shared/domain/csv/frame.ts';
import { planColumns } from '../../shared/domain/csv/headers.ts';
import { exportFields, fileStart, userWriter } from '../../shared/domain/csv/write.ts';
import { Fault } from '../../shared/domain/errors.ts';
import { readNewProperty } from '../../shared/domain/properties/input.ts';
import { declared, type Property, PropertyType, schemaOf } from '../../shared/domain/properties/property.ts';
import { readUserInput } from '../../shared/domain/users/input.ts';
import { merged, unborn } from '../../shared/domain/users/merge.ts';
import { type Profile, userOf } from '../../shared/domain/users/user.ts';
import type { DateFormat } from '../../shared/domain/values/date-cell.ts';
import { readJson } from '../../shared/domain/values/parse.ts';
import type { Locale, Value } from '../../shared/domain/values/value.ts';
import { readCsv } from '../support/jobs/csv.ts';

const NOW = '2026-01-31T09:30:00.000Z';
const locale: Locale = { timeZone: 'Europe/Berlin', defaultCountry: 'DE', dateFormat: 'ymd', decimal: 'none' };

/** Text with a bias to characters that are special in a file. */
const text = fc
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
        '\t',
        ' ',
        '\u00a0',
        '|',
        '＝',
        '[',
        ']',
        '0',
      ),
      fc.constantFrom('["a"]', '[1]', '="00042"', '4.7E+17', 'null', '0/0/00', '{"a":1}', '1.234,5', 'é', '健'),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''));

const RAWS: Readonly<Record<PropertyType, fc.Arbitrary<unknown>>> = {
  text,
  longText: text,
  number: fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(1e-7, -1.5e-10, 1234.5)),
  boolean: fc.boolean(),
  date: fc.constantFrom('2026-01-31', '1000-01-01', '9999-12-31'),
  datetime: fc.constantFrom('2026-01-31T09:30:00.123Z', '2026-03-29T00:00:00Z'),
  time: fc.constantFrom('09:30', '00:00:00'),
  list: fc.array(text, { maxLength: 3 }),
  email: fc.constantFrom('ada@example.com', 'ann@bücher.example'),
  phone: fc.constantFrom('+14155550100', '030 1234567'),
  url: text.map((path) => `https://example.com/${path}`),
};

const name = fc.oneof(
  fc.constantFrom(
    'plan',
    'Plan',
    'casetwin',
    'caseTwin',
    'row_a',
    'rowA',
    'c',
    'c2',
    'customMobile',
    'created',
    'name',
  ),
  fc.constantFrom(
    'C++',
    'C#',
    'Mobile',
    'Phone',
    'Email',
    'E-Mail',
    'created_at',
    'Status',
    'status',
    'source',
    '价格',
  ),
  fc.constantFrom('Company', 'Notes; more', 'Größe', 'Grosse', '2nd', 'First Name', 'Vorname', 'id', 'ID', 'User ID'),
  fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,8}$/),
);
type Step = string[] | { key: string; label: string; type: PropertyType };
/** A step that declares properties: a call of the API, or a file with columns. */
const step: fc.Arbitrary<Step> = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ key: name, label: fc.oneof(name, text), type: fc.constantFrom(...PropertyType.options) }),
  fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
);

/** The custom properties after a step; a step that is refused changes nothing. */
function afterStep(before: readonly Property[], taken: Step): readonly Property[] {
  const isThere = (key: string) => schemaOf(before).properties.has(key);
  if (!Array.isArray(taken)) {
    const read = readNewProperty(taken, 0);
    return 'value' in read && !isThere(read.value.key) ? [...before, read.value] : before;
  }
  const quoted = ['userId', ...taken].map((header) => `"${header}"`);
  const frame = frameOf(Buffer.from(`${quoted.join(',')}\n${quoted.map(() => 'x').join(',')}\n`), true);
  const plan =
    'failure' in frame ? frame : planColumns(frame, { mapping: {}, unknownColumns: 'create' }, schemaOf(before));
  return 'failure' in plan ? before : [...before, ...plan.create.map((made) => declared(made, 0))];
}

/** A user as a change through the API would have made it, of values that can be stored. */
function userOfValues(
  values: Readonly<Record<string, unknown>>,
  tags: readonly string[],
  properties: readonly Property[],
) {
  const schema = schemaOf(properties);
  const kept: Record<string, Value> = {};
  for (const [key, raw] of Object.entries(values)) {
    const property = schema.properties.get(key);
    const value = property ? readJson(property, raw, locale) : null;
    if (value !== null && !(value instanceof Fault)) kept[key] = value;
  }
  const read = readUserInput({ properties: kept as never, tags: [...tags] }, schema, locale, Date.parse(NOW));
  if (!('value' in read)) return null;
  const nobody = unborn({ id: '01JD0000000000000000000000', signedUpAt: NOW, now: NOW, source: 'api' });
  const made = merged(nobody, read.value, { now: NOW, schema });
  return made.kind === 'changed' ? made.profile : null;
}

/** The file that an export of some users would be, without its BOM. */
function exported(users: readonly Profile[], properties: readonly Property[], profile: 'spreadsheet' | 'data'): Buffer {
  const fields = exportFields(schemaOf(properties));
  const lines = users.map((user) => userWriter(fields, profile)(userOf(user)));
  return Buffer.from((fileStart(fields, profile) + lines.join('')).replace(/^\ufeff/, ''));
}

/** The warnings of an import of a file, but for columns that only Roster sets; or its failure. */
function warningsOf(file: Buffer, properties: readonly Property[]): unknown {
  const frame = frameOf(file, true);
  const options = { mapping: {}, unknownColumns: 'create' } as const;
  const plan = 'failure' in frame ? frame : planColumns(frame, options, schemaOf(properties));
  return 'failure' in plan ? plan.failure : plan.warnings.filter(({ code }) => code !== 'readOnlyColumn');
}

/** The effect of each row of a file on the user at the same position; or the code of the file's failure. */
function effectsOf(file: Buffer, users: readonly Profile[], properties: readonly Property[], dateFormat: DateFormat) {
  const rows = readCsv(file, { properties, dateFormat });
  if (typeof rows === 'string') return rows;
  return rows.map((row, index) => {
    const before = users[index];
    if ('faults' in row || !before) return row;
    return merged(before, row.change, { now: NOW, schema: schemaOf(properties) }).kind;
  });
}

describe('any properties that the API and files can make, and any users', () => {
  const world = fc
    .array(step, { maxLength: 8 })
    .map((steps) => steps.reduce(afterStep, []))
    .chain((properties) => {
      const fields = [...properties, { key: 'userId', type: 'text' as const }, { key: 'city', type: 'text' as const }];
      const raws = Object.fromEntries(fields.map(({ key, type }) => [key, RAWS[type]]));
      const values = fc.record(raws, { requiredKeys: ['userId'] });
      const users = fc.array(fc.tuple(values, fc.array(text, { maxLength: 3 })), { minLength: 1, maxLength: 3 });
      return fc.tuple(fc.constant(properties), users);
    });
  const formats = fc.constantFrom<DateFormat[]>('ymd', 'dmy', 'mdy');

  it.each(['spreadsheet', 'data'] as const)('come back from an export as they are, in the profile %s', (profile) => {
    let compared = 0;
    fc.assert(
      fc.property(world, formats, ([properties, given], dateFormat) => {
        const made = given.map(([values, tags]) => userOfValues(values, tags, properties));
        const users = made.filter((user) => user !== null);
        fc.pre(users.length > 0);
        const file = exported(users, properties, profile);
        expect(warningsOf(file, properties)).toEqual([]);
        expect(effectsOf(file, users, properties, dateFormat)).toEqual(users.map(() => 'unchanged'));
        compared += users.length;
      }),
      { numRuns: 250 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});
