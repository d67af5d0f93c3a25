import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { optionsOfDrop } from '../../shared/domain/csv/dropped-options.ts';
import { importOptionFields, localeOf, understood } from '../../shared/domain/csv/options.ts';
import { newImport, understoodDrop } from '../../shared/domain/imports/drop.ts';
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
    expect(
      readOf(optionsOfDrop({ 'default-country': 'US' }, Buffer.from(file.replace('a;b-free', 'x')))),
    ).toMatchObject({
      dateFormat: 'mdy',
      addTags: ['x'],
      defaultCountry: 'US',
    });
  });

  it('that are none of ours are named', () => {
    expect(optionsOfDrop({ mtime: '17', 'Default-Country': 'US' }, Buffer.from('{"colour": "red"}'))).toMatchObject({
      unknown: ['colour', 'mtime'],
      options: { defaultCountry: 'US' },
    });
  });

  const TYPES = `${PropertyType.options.slice(0, -1).join(', ')} or ${PropertyType.options.at(-1)}`;

  it.each<[Record<string, string>, string]>([
    [{ 'on-conflict': 'merge' }, 'Option onConflict: Must be update, replace or skip.'],
    [{ 'blank-cells': 'drop' }, 'Option blankCells: Must be keep or clear.'],
    [{ 'unknown-columns': 'x' }, 'Option unknownColumns: Must be create, ignore or fail.'],
    [{ tags: 'x' }, 'Option tags: Must be merge or replace.'],
    [{ 'default-country': 'XX' }, 'Option defaultCountry: Must be a country by ISO 3166 alpha-2, such as US.'],
    [{ 'default-country': 'usa' }, 'Option defaultCountry: Must be a country by ISO 3166 alpha-2, such as US.'],
    [{ 'date-format': 'iso' }, 'Option dateFormat: Must be ymd, dmy or mdy.'],
    [{ decimal: ';' }, 'Option decimal: Must be . or ,.'],
    [{ 'dry-run': 'yes' }, 'Option dryRun: Must be of type boolean.'],
    [{ mapping: '{broken' }, 'Option mapping is not JSON in UTF-8.'],
    [{ mapping: '[]' }, 'Option mapping: Must be of type object.'],
    [{ mapping: '{"__proto__": "email"}' }, 'Option mapping/__proto__: This name cannot be used.'],
    [{ mapping: '{"": "email"}' }, 'Option mapping/"": Must be a header of 1 to 1000 characters.'],
    [{ mapping: '{" ": null}' }, 'Option mapping/" ": Must be a header of 1 to 1000 characters.'],
    [
      { mapping: `{"${'x'.repeat(1_001)}": null}` },
      `Option mapping/${'x'.repeat(60)}…: Must be a header of 1 to 1000 characters.`,
    ],
    [{ mapping: '{"a": {"key": "a", "type": "money"}}' }, `Option mapping/a/type: Must be ${TYPES}.`],
    [{ mapping: '{"a": {"key": "a"}}' }, 'Option mapping/a/type: This is required.'],
    [{ mapping: '{"a": {"key": 5, "type": "text"}}' }, 'Option mapping/a/key: Must be of type string.'],
    [
      { mapping: '{"a": {"key": "a", "type": "text", "label": "A"}}' },
      'Option mapping/a/label: There is no such key here.',
    ],
    [{ mapping: '{"a": 5}' }, 'Option mapping/a: Must be the name of a field, null, or an object with key and type.'],
    [{ 'add-tags': 'a,b' }, 'Option addTags: Must be at most 100 tags of 1 to 64 characters, without , ; and ".'],
    [{ notify: 'a@b.cc,'.repeat(11) }, 'Option notify: Give at most 10 items.'],
  ])('%j are refused in words', (metadata, sentence) => {
    expect(readOf(optionsOfDrop(metadata, null))).toEqual([sentence]);
  });

  it('that are invalid are reported all at once, and leave the others as they are', () => {
    const file = '{"onConflict": "merge", "mapping": {"a": {"key": 1, "type": "money"}, "b": 5}, "addTags": ["vip"]}';
    expect(optionsOfDrop({ 'dry-run': 'yes' }, Buffer.from(file))).toEqual({
      options: { ...DEFAULTS, addTags: ['vip'] },
      unknown: [],
      faults: [
        'Option onConflict: Must be update, replace or skip.',
        'Option mapping/a/key: Must be of type string.',
        `Option mapping/a/type: Must be ${TYPES}.`,
        'Option mapping/b: Must be the name of a field, null, or an object with key and type.',
        'Option dryRun: Must be of type boolean.',
      ],
    });
  });

  it.each<[string, string]>([
    ['[]', 'The .options.json beside the file is not a JSON object.'],
    ['null', 'The .options.json beside the file is not a JSON object.'],
    ['"x"', 'The .options.json beside the file is not a JSON object.'],
    ['{', 'The .options.json beside the file is not JSON in UTF-8.'],
    ['', 'The .options.json beside the file is not JSON in UTF-8.'],
    [`{"mapping":${'['.repeat(70)}${']'.repeat(70)}}`, 'The .options.json beside the file nests too deep.'],
    ['{"__proto__": {}}', 'Option __proto__: This name cannot be used.'],
    ['{"mapping": {"__proto__": null, "a": "email"}}', 'Option mapping/__proto__: This name cannot be used.'],
  ])('the file %s is refused with what is wrong in it', (file, sentence) =>
    expect(readOf(optionsOfDrop({}, Buffer.from(file)))).toEqual([sentence]),
  );

  it('a file of them may begin with a BOM, and may be nothing but UTF-8', () => {
    expect(optionsOfDrop({}, Buffer.from('\ufeff{"decimal": ","}'))).toMatchObject({
      options: { decimal: ',' },
      faults: [],
    });
    expect(readOf(optionsOfDrop({}, Buffer.from('{"addTags": ["é"]}', 'latin1')))).toEqual([
      'The .options.json beside the file is not JSON in UTF-8.',
    ]);
  });

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

describe('the options of a dropped file', () => {
  const PEOPLE = { operators: ['ops@example.com'], allowed: ['*@example.com'] };

  it('fails with all that is wrong: words, what is not served, addresses', () => {
    const metadata = { 'on-conflict': 'merge', 'dry-run': 'true', notify: 'eve@evil.test' };
    const { failure, notify } = understoodDrop(metadata, null, PEOPLE);
    expect(failure).toEqual({
      code: 'invalidOption',
      detail: [
        'Option onConflict: Must be update, replace or skip.',
        'Option dryRun: is not served yet; leave it out.',
        'Option notify: Mail to this address is not allowed. The setting allowedRecipients names who may get mail.',
      ].join(' '),
    });
    expect(notify).toEqual(PEOPLE.operators);
  });

  it('makes a job no larger, however much of it is wrong', () => {
    const wrong = Object.fromEntries(Array.from({ length: 4_000 }, (_, n) => [`${n}${'a'.repeat(500)}`, 5]));
    const { failure, warnings } = understoodDrop({}, Buffer.from(JSON.stringify({ mapping: wrong, ...wrong })), PEOPLE);
    expect(failure?.detail).toMatch(/^Option mapping\/0a{59}…: Must be .* And 3980 more\.$/);
    expect(warnings.length).toBe(21);
    expect(warnings.at(-1)).toMatchObject({ field: null, count: 3_980 });
    expect(JSON.stringify({ failure, warnings }).length).toBeLessThan(10_000);
  });
});

describe('the name of a file', () => {
  const jobOf = (fileName: string) =>
    newImport({
      ...{ id: 'imp_1', status: 'queued', key: `imports/${fileName}`, fileName, bytes: 1, options: {} },
      ...{ createdBy: 'bucket', createdAt: '', notify: [], source: null, warnings: [], failure: null },
    });

  it.each([
    ['people.csv\nSubject: You won', 'people.csv Subject: You won'],
    ['\u202evsc.elpoep\u2066.exe', 'vsc.elpoep.exe'],
    ['a\u2028b\u0085\tc.csv', 'a b c.csv'],
    ['\u200f\n', 'unnamed'],
    ['Größe 👩\u200d💻 (2).csv', 'Größe 👩\u200d💻 (2).csv'],
  ])('%j is shown on one line, in the direction in which it is written', (name, shown) => {
    const { input } = jobOf(name);
    expect(input).toMatchObject({ fileName: shown, key: `imports/${name}` });
  });
});
