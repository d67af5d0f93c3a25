import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { importOptionFields, localeOf, optionsOfDrop, understood } from '../../shared/domain/csv/options.ts';
import { understoodDrop } from '../../shared/domain/imports/drop.ts';
import { PropertyType } from '../../shared/domain/properties/property.ts';

const Body = z.strictObject({ fileName: z.string(), ...importOptionFields });

const DEFAULTS = {
  badCells: 'skip',
  onConflict: 'update',
  blankCells: 'keep',
  unknownColumns: 'create',
  tags: 'merge',
  mapping: {},
  identifier: null,
  defaultCountry: null,
  dateFormat: 'ymd',
  decimal: null,
  encoding: null,
  headerLine: 1,
  addTags: [],
  addToSegment: null,
  dryRun: false,
  notify: null,
};
const readOf = ({ options, faults }: ReturnType<typeof optionsOfDrop>) => (faults.length > 0 ? faults : options);

describe('import options', () => {
  it('have defaults', () => {
    expect(optionsOfDrop({}, null)).toEqual({ options: DEFAULTS, unknown: [], faults: [] });
    const { fileName: _fileName, ...given } = Body.parse({ fileName: 'users.csv' });
    expect(understood(given)).toEqual(DEFAULTS);
  });

  it('replace tags where they replace users', () => {
    expect(readOf(optionsOfDrop({ 'on-conflict': 'replace' }, null))).toMatchObject({ tags: 'replace' });
    expect(readOf(optionsOfDrop({ 'on-conflict': 'replace', tags: 'merge' }, null))).toMatchObject({ tags: 'merge' });
  });

  it('come as metadata, in kebab case', () => {
    const metadata = {
      'bad-cells': 'fail',
      encoding: 'latin1',
      'header-line': '3',
      'on-conflict': 'skip',
      'blank-cells': 'clear',
      'unknown-columns': 'ignore',
      mapping: '{"Terms": {"key": "terms", "type": "number"}, "Notes": null, "Mail": "email"}',
      identifier: 'email',
      'default-country': 'US',
      'date-format': 'dmy',
      decimal: ',',
      'add-tags': 'vip; beta ;',
      'add-to-segment': 'seg_1',
      'dry-run': 'true',
      notify: 'ada@example.com, bob@example.com',
    };
    expect(optionsOfDrop(metadata, null)).toEqual({
      unknown: [],
      faults: [],
      options: {
        ...DEFAULTS,
        badCells: 'fail',
        encoding: 'latin1',
        headerLine: 3,
        onConflict: 'skip',
        blankCells: 'clear',
        unknownColumns: 'ignore',
        mapping: { Terms: { key: 'terms', type: 'number' }, Notes: null, Mail: 'email' },
        identifier: 'email',
        defaultCountry: 'US',
        dateFormat: 'dmy',
        decimal: ',',
        addTags: ['vip', 'beta'],
        addToSegment: 'seg_1',
        dryRun: true,
        notify: ['ada@example.com', 'bob@example.com'],
      },
    });
  });

  it('come from a file beside the object too', () => {
    const file = '{"dateFormat": "mdy", "addTags": ["a;b-free"], "defaultCountry": "DE"}';
    expect(readOf(optionsOfDrop({ 'default-country': 'US' }, file.replace('a;b-free', 'x')))).toMatchObject({
      dateFormat: 'mdy',
      addTags: ['x'],
      defaultCountry: 'US',
    });
  });

  it('that are none of ours are named', () => {
    expect(optionsOfDrop({ mtime: '17', 'Default-Country': 'US' }, '{"colour": "red"}')).toMatchObject({
      unknown: ['colour', 'mtime'],
      options: { defaultCountry: 'US' },
    });
  });

  const TYPES = `${PropertyType.options.slice(0, -1).join(', ')} or ${PropertyType.options.at(-1)}`;

  it.each<[Record<string, string>, string]>([
    [{ 'on-conflict': 'merge' }, 'Option onConflict: must be update, replace or skip.'],
    [{ 'blank-cells': 'drop' }, 'Option blankCells: must be keep or clear.'],
    [{ 'unknown-columns': 'x' }, 'Option unknownColumns: must be create, ignore or fail.'],
    [{ tags: 'x' }, 'Option tags: must be merge or replace.'],
    [{ 'default-country': 'XX' }, 'Option defaultCountry: must be a country by ISO 3166 alpha-2, such as US.'],
    [{ 'default-country': 'usa' }, 'Option defaultCountry: must be a country by ISO 3166 alpha-2, such as US.'],
    [{ 'date-format': 'iso' }, 'Option dateFormat: must be ymd, dmy or mdy.'],
    [{ decimal: ';' }, 'Option decimal: must be . or ,.'],
    [{ 'dry-run': 'yes' }, 'Option dryRun: must be true or false.'],
    [{ mapping: '{broken' }, 'Option mapping: must be an object in JSON.'],
    [{ mapping: '[]' }, 'Option mapping: must be an object in JSON.'],
    [{ mapping: '{"__proto__": "email"}' }, 'Option mapping: must be an object in JSON.'],
    [{ mapping: '{"": "email"}' }, 'Option mapping: "" must be a header of 1 to 1000 characters.'],
    [{ mapping: '{" ": null}' }, 'Option mapping: " " must be a header of 1 to 1000 characters.'],
    [
      { mapping: `{"${'x'.repeat(1_001)}": null}` },
      `Option mapping: ${'x'.repeat(60)}… must be a header of 1 to 1000 characters.`,
    ],
    [{ mapping: '{"a": {"key": "a", "type": "money"}}' }, `Option mapping: a/type must be ${TYPES}.`],
    [{ mapping: '{"a": {"key": "a"}}' }, `Option mapping: a/type must be ${TYPES}.`],
    [{ mapping: '{"a": {"key": 5, "type": "text"}}' }, 'Option mapping: a/key must be a text.'],
    [
      { mapping: '{"a": {"key": "a", "type": "text", "label": "A"}}' },
      'Option mapping: a has key and type, and nothing else.',
    ],
    [{ mapping: '{"a": 5}' }, 'Option mapping: a must be the name of a field, null, or an object with key and type.'],
    [{ 'add-tags': 'a,b' }, 'Option addTags: must be at most 100 tags of 1 to 64 characters, without , ; and ".'],
    [{ notify: 'a@b.cc,'.repeat(11) }, 'Option notify: has at most 10 entries.'],
  ])('%j are refused in words', (metadata, sentence) => {
    expect(readOf(optionsOfDrop(metadata, null))).toEqual([sentence]);
  });

  it('that cannot be followed are told all at once, and leave the others as they are', () => {
    const file = '{"onConflict": "merge", "mapping": {"a": {"key": 1, "type": "money"}, "b": 5}, "addTags": ["vip"]}';
    expect(optionsOfDrop({ 'dry-run': 'yes' }, file)).toEqual({
      options: { ...DEFAULTS, addTags: ['vip'] },
      unknown: [],
      faults: [
        'Option onConflict: must be update, replace or skip.',
        'Option mapping: a/key must be a text.',
        `Option mapping: a/type must be ${TYPES}.`,
        'Option mapping: b must be the name of a field, null, or an object with key and type.',
        'Option dryRun: must be true or false.',
      ],
    });
  });

  it.each(['[]', 'null', '{', '"x"', '{"mapping": {"__proto__": null}}'])('the file %s is refused', (file) =>
    expect(readOf(optionsOfDrop({}, file))).toEqual(['The .options.json beside the file is not a JSON object.']),
  );

  it('decide how cells are read, the deployment where they say nothing', () => {
    const deployment = { timeZone: 'Asia/Kolkata', defaultCountry: 'IN' };
    expect(localeOf({ defaultCountry: null, dateFormat: 'ymd', decimal: null }, deployment)).toEqual({
      timeZone: 'Asia/Kolkata',
      defaultCountry: 'IN',
      dateFormat: 'ymd',
      decimal: 'none',
    });
    expect(localeOf({ defaultCountry: 'US', dateFormat: 'dmy', decimal: ',' }, deployment)).toMatchObject({
      defaultCountry: 'US',
      decimal: ',',
    });
  });
});

describe('what a dropped file came with', () => {
  const PEOPLE = { operators: ['ops@example.com'], allowed: ['*@example.com'] };

  it('fails with all that is wrong: words, what is not served, addresses', () => {
    const metadata = { 'on-conflict': 'merge', 'dry-run': 'true', notify: 'eve@evil.test' };
    const { failure, notify } = understoodDrop(metadata, null, PEOPLE);
    expect(failure).toEqual({
      code: 'invalidOption',
      detail: [
        'Option onConflict: must be update, replace or skip.',
        'Option dryRun: is not served yet; leave it out.',
        'Option notify: Mail to this address is not allowed. The setting allowedRecipients names who may get mail.',
      ].join(' '),
    });
    expect(notify).toEqual(PEOPLE.operators);
  });

  it('makes a job no larger, however much of it is wrong', () => {
    const wrong = Object.fromEntries(Array.from({ length: 4_000 }, (_, n) => [`${n}${'a'.repeat(500)}`, 5]));
    const { failure, warnings } = understoodDrop({}, JSON.stringify({ mapping: wrong, ...wrong }), PEOPLE);
    expect(failure?.detail).toMatch(/^Option mapping: 0a{59}… must be .* And 3980 more\.$/);
    expect(warnings.length).toBe(21);
    expect(warnings.at(-1)).toMatchObject({ field: null, count: 3_980 });
    expect(JSON.stringify({ failure, warnings }).length).toBeLessThan(10_000);
  });
});
