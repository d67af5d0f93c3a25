import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { importOptionFields, localeOf, optionsOfDrop, understood } from '../../shared/domain/csv/options.ts';

const Body = z.strictObject({ fileName: z.string(), ...importOptionFields });

const DEFAULTS = {
  onConflict: 'update',
  blankCells: 'keep',
  unknownColumns: 'create',
  tags: 'merge',
  mapping: {},
  identifier: null,
  defaultCountry: null,
  dateFormat: 'ymd',
  decimal: null,
  addTags: [],
  addToSegment: null,
  dryRun: false,
  notify: null,
};
const codeOf = (result: ReturnType<typeof optionsOfDrop>) =>
  'failure' in result ? `!${result.failure.code}: ${result.failure.detail}` : result.options;

describe('import options', () => {
  it('have defaults', () => {
    expect(optionsOfDrop({}, null)).toEqual({ options: DEFAULTS, unknown: [] });
    const { fileName: _fileName, ...given } = Body.parse({ fileName: 'users.csv' });
    expect(understood(given)).toEqual(DEFAULTS);
  });

  it('replace tags where they replace users', () => {
    expect(codeOf(optionsOfDrop({ 'on-conflict': 'replace' }, null))).toMatchObject({ tags: 'replace' });
    expect(codeOf(optionsOfDrop({ 'on-conflict': 'replace', tags: 'merge' }, null))).toMatchObject({ tags: 'merge' });
  });

  it('come as metadata, in kebab case', () => {
    const metadata = {
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
      options: {
        ...DEFAULTS,
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
    expect(codeOf(optionsOfDrop({ 'default-country': 'US' }, file.replace('a;b-free', 'x')))).toMatchObject({
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

  it.each([
    [{ 'on-conflict': 'merge' }, 'onConflict'],
    [{ 'default-country': 'XX' }, 'defaultCountry'],
    [{ 'default-country': 'usa' }, 'defaultCountry'],
    [{ 'date-format': 'iso' }, 'dateFormat'],
    [{ decimal: ';' }, 'decimal'],
    [{ 'dry-run': 'yes' }, 'dryRun'],
    [{ mapping: '{broken' }, 'mapping'],
    [{ mapping: '[]' }, 'mapping'],
    [{ mapping: '{"__proto__": "email"}' }, 'mapping'],
    [{ mapping: '{"": "email"}' }, 'mapping'],
    [{ mapping: '{" ": null}' }, 'mapping'],
    [{ mapping: `{"${'x'.repeat(1_001)}": null}` }, 'mapping'],
    [{ mapping: '{"a": {"key": "a", "type": "money"}}' }, 'mapping'],
    [{ 'add-tags': 'a,b' }, 'addTags'],
    [{ notify: 'a@b.cc,'.repeat(11) }, 'notify'],
  ])('%j are refused by name', (metadata, name) =>
    expect(codeOf(optionsOfDrop(metadata, null))).toMatch(new RegExp(`^!invalidOption: Option ${name}:`)),
  );

  it('that must be one of some words say which', () =>
    expect(codeOf(optionsOfDrop({ 'on-conflict': 'merge' }, null))).toMatch('must be one of update replace skip'));

  it('beside the object have an end', () => {
    const name = 'x'.repeat(70_000);
    expect(codeOf(optionsOfDrop({}, `{"${name}": 1}`))).toBe(
      '!invalidOption: The .options.json beside the file has more than 65536 characters.',
    );
  });

  it.each(['[]', 'null', '{', '"x"', '{"mapping": {"__proto__": null}}'])('the file %s is refused', (file) =>
    expect(codeOf(optionsOfDrop({}, file))).toMatch(/^!invalidOption/),
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
