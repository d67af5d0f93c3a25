import { describe, expect, it } from 'vitest';
import { Fault } from '../../shared/domain/errors.ts';
import type { PropertyType } from '../../shared/domain/properties/property.ts';
import { readCell } from '../../shared/domain/values/cell.ts';
import { readCompaniesCell, readTagsCell } from '../../shared/domain/values/list.ts';
import { readJson } from '../../shared/domain/values/parse.ts';
import type { Locale } from '../../shared/domain/values/value.ts';

const locale: Locale = { timeZone: 'UTC', defaultCountry: null, dateFormat: 'ymd', decimal: 'none' };
const detailOf = (read: unknown) => (read instanceof Fault ? read.detail : `no fault: ${JSON.stringify(read)}`);
const detail = (type: PropertyType, text: string, more: Partial<Locale> = {}) =>
  detailOf(readCell({ type, identifier: false }, text, { ...locale, ...more }));

describe('the fault of a cell names what stands in the way', () => {
  it.each<[string, PropertyType, string, Partial<Locale>, string]>([
    ['an invisible space', 'email', 'ann\u200b@example.com', {}, 'U+200B, an invisible space, at position 4'],
    ['its place as the file has it', 'email', '  ann\u200b@example.com ', {}, 'at position 6'],
    [
      'its place in whole characters',
      'email',
      '\u{1f600}\u200b@example.com',
      {},
      'U+200B, an invisible space, at position 2',
    ],
    ['a no-break space', 'number', '1\u00a0234', {}, 'U+00A0, a no-break space, at position 2'],
    [
      'a mark of direction',
      'phone',
      '\u202a+1 415 555 0100\u202c',
      {},
      'U+202A, an invisible character, at position 1',
    ],
    ['a soft hyphen', 'date', '2026\u00ad-01-05', {}, 'U+00AD, an invisible character, at position 5'],
    ['a control character', 'text', 'abc\u0007', {}, 'U+0007, a control character, at position 4'],
    ['a lone surrogate', 'text', 'ab\ud800', {}, 'U+D800, half of a character, at position 3'],
    ['two addresses', 'email', 'a@example.com; b@example.com', {}, 'more than one e-mail address'],
    ['two addresses on two lines', 'email', 'a@example.com\nb@example.com', {}, 'more than one e-mail address'],
    ['a quoted name', 'email', '"ann lee"@example.com', {}, 'quoted name'],
    ['a dot at the end', 'email', 'ann@example.com.', {}, 'Ends with a dot'],
    [
      'a letter outside ASCII',
      'email',
      'j\u00f6rg@example.com',
      {},
      'U+00F6, a character outside ASCII, at position 2',
    ],
    [
      'a letter that only looks like ASCII',
      'email',
      '\u212aelvin@x.co',
      {},
      'U+212A, a character outside ASCII, at position 1',
    ],
    ['a missing @', 'email', 'ann.example.com', {}, 'no @'],
    ['a missing country', 'phone', '(415) 555-0101', {}, 'no country code'],
    ['an extension', 'phone', '202-225-4876 x12', { defaultCountry: 'US' }, 'extension'],
    ['two phone numbers', 'phone', '+1 202 225 4876 / +1 202 225 4877', {}, 'more than one phone number'],
    ['a phone in exponent form', 'phone', '9.19E+11', {}, 'exponent'],
    ['a number in exponent form', 'number', '4.79386E+17', {}, 'exponent'],
    ['the option for a decimal comma', 'number', '12,5', {}, 'option decimal'],
    ['the decimal sign that is set', 'number', '12.5', { decimal: ',' }, 'decimal is the comma'],
    ['the dateFormat to set', 'date', '31.12.1980', {}, 'set dateFormat to dmy'],
    ['the dateFormat to set of a time', 'datetime', '31.12.1980 9:30', {}, 'set dateFormat to dmy'],
    ['a missing year', 'date', '05/12', {}, 'no year'],
    ['a short year', 'date', '31.12.80', { dateFormat: 'dmy' }, 'year of two digits'],
    ['a time of day', 'date', '2026-01-05 10:00', {}, 'time of day'],
    ['a JSON array', 'list', '["a","b"]', {}, 'array in JSON'],
  ])('%s', (_, type, text, more, words) => expect(detail(type, text, more)).toContain(words));

  it('a JSON array of tags and of companies', () => {
    expect(detailOf(readTagsCell('["a","b"]'))).toContain('array in JSON');
    expect(detailOf(readCompaniesCell('["a","b"]'))).toContain('array in JSON');
  });

  it('a name around the address in JSON', () => {
    const read = readJson({ type: 'email', identifier: true }, 'Ann Lee <a@example.com>', locale);
    expect(detailOf(read)).toContain('a name or mailto: around the address');
  });

  it('a wrecked number of an identifier', () => {
    const read = readCell({ type: 'text', identifier: true }, '4.79386E+17', locale);
    expect(detailOf(read)).toContain('spreadsheet');
  });
});

it('no value stands in a fault, of whatever type and wherever it is wrong', () => {
  const canary = 'canary';
  const texts = [
    'canary',
    'canary@x',
    'canary\u200b@example.com',
    '"canary"@example.com',
    'canary;canary',
    '["canary"]',
  ];
  const types: readonly PropertyType[] = [
    'number',
    'boolean',
    'date',
    'datetime',
    'time',
    'list',
    'email',
    'phone',
    'url',
  ];
  for (const type of types) {
    for (const text of [...texts, `canary ${'x'.repeat(3000)}`]) {
      expect(detail(type, text).replace(/^no fault.*/, '')).not.toContain(canary);
      expect(detailOf(readJson({ type, identifier: false }, text, locale)).replace(/^no fault.*/, '')).not.toContain(
        canary,
      );
    }
  }
});
