import { describe, expect, it } from 'vitest';
import { Fault } from '../../shared/domain/errors.ts';
import type { PropertyType } from '../../shared/domain/properties/property.ts';
import { readCell } from '../../shared/domain/values/cell.ts';
import { fold } from '../../shared/domain/values/fold.ts';
import { fromJson } from '../../shared/domain/values/json.ts';
import { readCompanies, readCompaniesCell, readTags, readTagsCell } from '../../shared/domain/values/list.ts';
import { readIdentifier, readJson } from '../../shared/domain/values/parse.ts';
import { writeCell } from '../../shared/domain/values/print.ts';
import { readSignedUpAt } from '../../shared/domain/values/signed-up-at.ts';
import { readStatus } from '../../shared/domain/values/status.ts';
import type { Locale } from '../../shared/domain/values/value.ts';

const locale: Locale = { timeZone: 'UTC', defaultCountry: null, dateFormat: 'ymd', decimal: 'none' };
const typed = (type: PropertyType, identifier = false) => ({ type, identifier });
/** The result of a parser, with faults as `!code`, so that tables of cases stay short. */
const said = (result: unknown) => (result instanceof Fault ? `!${result.code}` : result);
const json = (type: PropertyType, raw: unknown, more: Partial<Locale> = {}) =>
  said(readJson(typed(type), raw, { ...locale, ...more }));
const cell = (type: PropertyType, text: string, more: Partial<Locale> = {}) =>
  said(readCell(typed(type), text, { ...locale, ...more }));

describe('text', () => {
  it.each([
    [' \u00a0Ada\u200b\ufeff ', 'Ada'],
    ['A\u030a', 'Å'],
    ['a\r\nb\rc\nd', 'a\nb\nc\nd'],
    ['tab\tinside', 'tab\tinside'],
    ['=1+1', '=1+1'],
    ['', null],
    [' \u200b\n', null],
    ['nul\0', '!invalidCharacter'],
    ['bell\u0007', '!invalidCharacter'],
    ['form feed at the end\u000c', '!invalidCharacter'],
    ['\u000bvertical tab at the beginning', '!invalidCharacter'],
    ['lone \ud800 surrogate', '!invalidCharacter'],
    ['x'.repeat(255), 'x'.repeat(255)],
    ['x'.repeat(256), '!tooLong'],
    ['😀'.repeat(255), '😀'.repeat(255)],
    ['😀'.repeat(256), '!tooLong'],
  ])('%j is %j from JSON and from a cell', (raw, expected) => {
    expect(json('text', raw)).toBe(expected);
    expect(cell('text', raw)).toBe(expected);
  });

  it('takes 2,000 code points when long', () => {
    expect(json('longText', 'é'.repeat(2000))).toBe('é'.repeat(2000));
    expect(json('longText', 'é'.repeat(2001))).toBe('!tooLong');
  });

  it.each([5, true, {}, ['a']])('is not made of %j', (raw) => expect(json('text', raw)).toBe('!wrongType'));

  it.each([null, '', []])('is unset by %j, like every type', (raw) => {
    for (const type of ['text', 'number', 'boolean', 'date', 'list', 'email'] as const)
      expect(json(type, raw)).toBeNull();
  });
});

describe('number', () => {
  it.each([
    [5, 5],
    [-0, 0],
    [0.1 + 0.2, 0.3],
    [1e-15, 1e-15],
    [1e-16, '!outOfRange'],
    [999_999_999_999_999, 999_999_999_999_999],
    [999_999_999_999_999.9, '!outOfRange'],
    [1e15, '!outOfRange'],
    [1e300, '!outOfRange'],
    [Number.POSITIVE_INFINITY, '!outOfRange'],
    [Number.NaN, '!outOfRange'],
    ['5', '!wrongType'],
    [true, '!wrongType'],
  ])('%j in JSON is %j', (raw, expected) => expect(json('number', raw)).toBe(expected));

  it.each([
    ['-12', -12],
    ['12.5', 12.5],
    [' 12 ', 12],
    ['007', 7],
    ['.5', 0.5],
    ['1e5', '!invalidNumber'],
    ['+12', '!invalidNumber'],
    ['1,234', '!invalidNumber'],
    ['1 234', '!invalidNumber'],
    ['€12', '!invalidNumber'],
    ['12%', '!invalidNumber'],
    ['12 chairs', '!invalidNumber'],
    ['0x10', '!invalidNumber'],
    ['Infinity', '!invalidNumber'],
    ['12.', '!invalidNumber'],
    ['١٢', '!invalidNumber'],
    ['12345678901234567', '!outOfRange'],
    [`0.${'0'.repeat(400)}1`, '!outOfRange'],
    [`-0.${'0'.repeat(400)}1`, '!outOfRange'],
    ['0.000', 0],
    ['9'.repeat(400), '!outOfRange'],
  ])('%j in a cell is %j', (text, expected) => expect(cell('number', text)).toBe(expected));

  it.each([
    ['.', '1,234.5', 1234.5],
    ['.', '1,234,567', 1_234_567],
    ['.', '1234.5', 1234.5],
    ['.', '12,34', '!invalidNumber'],
    ['.', '1.234,5', '!invalidNumber'],
    [',', '1.234,5', 1234.5],
    [',', '12,5', 12.5],
    [',', '1.234', 1234],
    [',', '12.5', '!invalidNumber'],
    [',', '1,234.5', '!invalidNumber'],
  ] as const)('with decimal %j, %j in a cell is %j', (decimal, text, expected) =>
    expect(cell('number', text, { decimal })).toBe(expected),
  );

  it.each([
    [1e-7, '0.0000001'],
    [-1.5e-10, '-0.00000000015'],
    [123_456_789_012_345, '123456789012345'],
    [0.1, '0.1'],
    [-12.5, '-12.5'],
  ])('%j is printed as %s', (value, text) => expect(writeCell(value)).toBe(text));
});

describe('a number in the text of JSON', () => {
  it.each([
    ['1e-400', '!outOfRange'],
    ['-1e-400', '!outOfRange'],
    [`0.${'0'.repeat(350)}1`, '!outOfRange'],
    ['1e400', '!outOfRange'],
    ['-1E400', '!outOfRange'],
    ['1'.repeat(400), '!outOfRange'],
    ['0e-400', 0],
    ['-0.0e400', 0],
    ['1e-2', 0.01],
    [`1${'0'.repeat(250)}e-245`, 100_000],
  ])('%s is %j', (text, expected) => expect(json('number', fromJson(text))).toBe(expected));

  it('is read among others, wherever it stands, and texts are left alone', () => {
    const read = fromJson('{"a":[1e-400,"1e-400",null,{"__proto__":1e400}],"b":0}');
    const inner = JSON.parse('{"__proto__":0}', (_, value) => (value === 0 ? Number.MAX_VALUE : value));
    expect(read).toStrictEqual({ a: [Number.MIN_VALUE, '1e-400', null, inner], b: 0 });
    expect(() => fromJson('{"a":1e-400')).toThrow(SyntaxError);
  });
});

describe('boolean', () => {
  it('is true or false in JSON and nothing else', () => {
    expect([true, false, 'true', 1].map((raw) => json('boolean', raw))).toEqual([
      true,
      false,
      '!wrongType',
      '!wrongType',
    ]);
  });
  it.each(['true', 'TRUE', 'Yes', 'y', 'Y', 't', 'on', 'ON', '1'])('%j in a cell is true', (text) =>
    expect(cell('boolean', text)).toBe(true),
  );
  it.each(['false', 'False', 'NO', 'n', 'F', 'off', '0'])('%j in a cell is false', (text) =>
    expect(cell('boolean', text)).toBe(false),
  );
  it.each(['2', 'wahr', 'yess', 'x', '✓'])('%j in a cell is neither', (text) =>
    expect(cell('boolean', text)).toBe('!invalidBoolean'),
  );
});

describe('date', () => {
  it.each([
    ['2026-01-31', '2026-01-31'],
    ['2024-02-29', '2024-02-29'],
    ['2026-02-29', '!invalidDate'],
    ['2000-02-29', '2000-02-29'],
    ['1900-02-29', '!invalidDate'],
    ['0999-12-31', '!invalidDate'],
    ['1000-01-01', '1000-01-01'],
    ['9999-12-31', '9999-12-31'],
    ['2026-13-01', '!invalidDate'],
    ['2026-00-10', '!invalidDate'],
    ['2026-1-31', '!invalidDate'],
    ['2026-01-31T00:00:00Z', '!invalidDate'],
    [20_260_131, '!wrongType'],
  ])('%j in JSON is %j', (raw, expected) => expect(json('date', raw)).toBe(expected));

  it.each([
    ['ymd', '2026-1-5', '2026-01-05'],
    ['ymd', '2026/01/05', '2026-01-05'],
    ['ymd', '2026.1.05', '2026-01-05'],
    ['ymd', '20260105', '2026-01-05'],
    ['ymd', '2026-01-05 00:00', '2026-01-05'],
    ['ymd', '2026-01-05T00:00:00', '2026-01-05'],
    ['ymd', '2026-01-05 0:00', '2026-01-05'],
    ['ymd', '2026-01-05 0:00:00', '2026-01-05'],
    ['ymd', '2026-01-05T00:00:00Z', '2026-01-05'],
    ['ymd', '2026-01-05 00:00:00+02', '2026-01-05'],
    ['ymd', '2026-01-05 00:00:00.000', '2026-01-05'],
    ['ymd', '2026-01-05 00:00:01', '!invalidDate'],
    ['ymd', '0/0/00', null],
    ['ymd', '0000-00-00', null],
    ['ymd', '00.00.0000', null],
    ['ymd', '0000-00-00 00:00:00', null],
    ['ymd', '-', null],
    ['ymd', '0/0/01', '!invalidDate'],
    ['ymd', '05/12', '!invalidDate'],
    ['ymd', `2026-01-05${' '.repeat(100)}x`, '!invalidDate'],
    ['ymd', '2026-01-05 10:00', '!invalidDate'],
    ['ymd', '2026-01/05', '!invalidDate'],
    ['ymd', '05.01.2026', '!invalidDate'],
    ['ymd', '26-01-05', '!invalidDate'],
    ['ymd', '2026-02-30', '!invalidDate'],
    ['dmy', '5.1.2026', '2026-01-05'],
    ['dmy', '31/12/2026 00:00:00', '2026-12-31'],
    ['dmy', '12/31/2026', '!invalidDate'],
    ['dmy', '2026-12-31', '2026-12-31'],
    ['dmy', '2026/1/5', '2026-01-05'],
    ['dmy', '20261231', '2026-12-31'],
    ['dmy', '31122026', '!invalidDate'],
    ['dmy', '31.12.26', '!invalidDate'],
    ['mdy', '2026.12.31', '2026-12-31'],
    ['mdy', '12/31/2026 12:00:00 AM', '2026-12-31'],
    ['mdy', '12/31/2026', '2026-12-31'],
    ['mdy', '1-5-2026', '2026-01-05'],
    ['mdy', '31/12/2026', '!invalidDate'],
  ] as const)('as %s, %j in a cell is %j', (dateFormat, text, expected) =>
    expect(cell('date', text, { dateFormat })).toBe(expected),
  );
});

describe('datetime', () => {
  it.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00.1239Z', '2026-01-31T09:30:00.123Z'],
    ['2026-01-31t09:30:00z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00+05:30', '2026-01-31T04:00:00.000Z'],
    ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
    ['2026-01-31T09:30:00', '!invalidDatetime'],
    ['2026-01-31', '!invalidDatetime'],
    ['2026-02-30T09:30:00Z', '!invalidDatetime'],
    ['2026-01-31T24:00:00Z', '!invalidDatetime'],
    ['2026-01-31T09:60:00Z', '!invalidDatetime'],
    ['2026-01-31T09:30:00+24:00', '!invalidDatetime'],
    ['9999-12-31T23:30:00-01:00', '!invalidDatetime'],
    ['1000-01-01T00:00:00+01:00', '!invalidDatetime'],
    [1_769_851_800_000, '!wrongType'],
  ])('%j in JSON is %j', (raw, expected) => expect(json('datetime', raw)).toBe(expected));

  it.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31 09:30', '2026-01-31T08:30:00.000Z'],
    ['2026-07-31T09:30:15', '2026-07-31T07:30:15.000Z'],
    ['20260131', '2026-01-30T23:00:00.000Z'],
    ['2026-1-31', '2026-01-30T23:00:00.000Z'],
    ['2026-03-29 02:30', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25 02:30', '2026-10-25T00:30:00.000Z'],
    ['2026-01-31 9:30', '2026-01-31T08:30:00.000Z'],
    ['2026-01-31 9:30 PM', '2026-01-31T20:30:00.000Z'],
    ['2026-01-31 9:30pm', '2026-01-31T20:30:00.000Z'],
    ['2026-01-31 12:05 am', '2026-01-30T23:05:00.000Z'],
    ['2026-01-31 12:05 PM', '2026-01-31T11:05:00.000Z'],
    ['2026-01-31 13:05 PM', '!invalidDatetime'],
    ['2026-01-31 0:05 AM', '!invalidDatetime'],
    ['2026-01-31\u00a09:30\u202fPM', '2026-01-31T20:30:00.000Z'],
    ['2026-01-31 09:30:00+00', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31 09:30:00.123456+00', '2026-01-31T09:30:00.123Z'],
    ['2026-01-31 09:30:00 +0000', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31 09:30:00+05:30', '2026-01-31T04:00:00.000Z'],
    ['2026-01-31 09:30:00-02', '2026-01-31T11:30:00.000Z'],
    ['2026-01-31 09:30:00 UTC', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31 09:30 gmt', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31 09:30Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00.123456Z', '2026-01-31T09:30:00.123Z'],
    ['2026-01-31T09:30:00.123456789', '2026-01-31T08:30:00.123Z'],
    ['2026-01-31 09:30:00.1234567890', '!invalidDatetime'],
    ['2026-01-31 09:30:00+25', '!invalidDatetime'],
    ['2026-01-31 24:00', '!invalidDatetime'],
    ['2026-01-31 09:60', '!invalidDatetime'],
    ['2026-01-31 CET', '!invalidDatetime'],
    ['0000-00-00 00:00:00', null],
    ['0/0/00', null],
    ['2026-01-31 ', '2026-01-30T23:00:00.000Z'],
    ['soon', '!invalidDatetime'],
  ])('%j in a cell read in Berlin is %j', (text, expected) =>
    expect(cell('datetime', text, { timeZone: 'Europe/Berlin' })).toBe(expected),
  );

  it('follows dateFormat in a cell', () => {
    expect(cell('datetime', '31.12.2026 09:30', { dateFormat: 'dmy' })).toBe('2026-12-31T09:30:00.000Z');
    expect(cell('datetime', '2026-12-31T09:30:00.000Z', { dateFormat: 'dmy' })).toBe('2026-12-31T09:30:00.000Z');
    expect(cell('datetime', '2026/12/31 09:30', { dateFormat: 'dmy' })).toBe('2026-12-31T09:30:00.000Z');
    expect(cell('datetime', '1/31/2026 1:45:00 PM', { dateFormat: 'mdy' })).toBe('2026-01-31T13:45:00.000Z');
    expect(cell('datetime', '1/31/2026 1:45:00 PM')).toBe('!invalidDatetime');
  });
});

describe('time', () => {
  it.each([
    ['09:30', '09:30:00'],
    ['23:59:59', '23:59:59'],
    ['24:00', '!invalidTime'],
    ['9:30', '!invalidTime'],
    ['09:30:60', '!invalidTime'],
    ['09:30 pm', '!invalidTime'],
  ])('%j is %j from JSON and from a cell', (text, expected) => {
    expect(json('time', text)).toBe(expected);
    expect(cell('time', text)).toBe(expected);
  });
});

describe('list', () => {
  it.each([
    [
      ['b', 'a'],
      ['b', 'a'],
    ],
    [
      [' a ', 'a', '', 'A'],
      ['a', 'A'],
    ],
    [[''], null],
    ['a;b', '!wrongType'],
    [['a', 5], '!wrongType'],
    [['a\0'], '!invalidCharacter'],
    [['x'.repeat(256)], '!tooLong'],
    [Array.from({ length: 101 }, (_, i) => `${i}`), '!tooMany'],
  ])('%j in JSON is %j', (raw, expected) => expect(json('list', raw)).toEqual(expected));

  it.each([
    ['a;b', ['a', 'b']],
    ['a; b ;;', ['a', 'b']],
    ['a\\;b;c\\\\', ['a;b', 'c\\']],
    ['C:\\temp', ['C:\\temp']],
    [';', null],
    ['a,b', ['a,b']],
    ['["a","b"]', '!wrongType'],
    ['[1, 2]', '!wrongType'],
    ['["a","b"];', ['["a","b"]']],
    ['[a];[b]', ['[a]', '[b]']],
    ['[]', ['[]']],
  ])('%j in a cell is %j', (text, expected) => expect(cell('list', text)).toEqual(expected));
});

describe('tags and companies', () => {
  it.each([
    [
      ['VIP', 'vip', 'Vïp', 'beta'],
      ['VIP', 'beta'],
    ],
    [['a,b'], '!invalidTag'],
    [['a;b'], '!invalidTag'],
    [[''], '!invalidTag'],
    [['x'.repeat(65)], '!tooLong'],
    ['vip', '!wrongType'],
    [Array.from({ length: 101 }, (_, i) => `${i}`), '!tooMany'],
  ])('tags %j in JSON are %j', (raw, expected) => expect(said(readTags(raw))).toEqual(expected));
  it.each([
    ['rep;republican, VIP,,vip', ['rep', 'republican', 'VIP']],
    ['"VIP","Gold member"', ['VIP', 'Gold member']],
    ['"VIP";vip; " Gold " ', ['VIP', 'Gold']],
    ['"VIP', '!invalidTag'],
    ['a "b" c', '!invalidTag'],
    ['["VIP","Gold"]', '!invalidTag'],
    ['""', []],
  ])('tags %j in a cell are %j', (text, expected) => expect(said(readTagsCell(text))).toEqual(expected));
  it('tags in JSON hold no quote', () => expect(said(readTags(['a"b']))).toBe('!invalidTag'));

  it('companies keep their case, and take no slash', () => {
    expect(readCompanies(['acme', 'ACME', 'acme'])).toEqual(['acme', 'ACME']);
    expect(said(readCompanies(['a/b']))).toBe('!invalidCharacter');
    expect(said(readCompaniesCell(Array.from({ length: 21 }, (_, i) => i).join(';')))).toBe('!tooMany');
  });
  it.each([
    ['acme; beta', ['acme', 'beta']],
    ['Acme, Inc.', '!invalidCharacter'],
    ['["acme"]', '!invalidCharacter'],
  ])('companies %j in a cell are %j: only ; stands between them', (text, expected) =>
    expect(said(readCompaniesCell(text))).toEqual(expected),
  );
});

describe('email', () => {
  it.each([
    ['ADA@Example.COM', 'ada@example.com'],
    ["o'neil+tag@mail.example.co.uk", "o'neil+tag@mail.example.co.uk"],
    ['not-an-email', '!invalidEmail'],
    ['a@b', '!invalidEmail'],
    ['a@@example.com', '!invalidEmail'],
    ['.a@example.com', '!invalidEmail'],
    ['a..b@example.com', '!invalidEmail'],
    ['a b@example.com', '!invalidEmail'],
    ['a@-example.com', '!invalidEmail'],
    ['a@example.c', '!invalidEmail'],
    ['a@127.0.0.1', '!invalidEmail'],
    ['jörg@example.com', '!invalidEmail'],
    ['\u212aelvin@x.co', '!invalidEmail'],
    ['kelvin@\u212aelvin.co', '!invalidEmail'],
    ['ada\u1fef@example.com', '!invalidEmail'],
    ['ada@ex\uff41mple.com', '!invalidEmail'],
    ['ann@b\u00fccher.example', 'ann@xn--bcher-kva.example'],
    ['ann@bu\u0308cher.example', 'ann@xn--bcher-kva.example'],
    ['Ann@B\u00dcCHER.example', 'ann@xn--bcher-kva.example'],
    ['ann@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444', 'ann@xn--e1afmkfd.xn--p1ai'],
    ['ann@xn--bcher-kva.example', 'ann@xn--bcher-kva.example'],
    ['ann@b\u00fc\u200bcher.example', '!invalidEmail'],
    ['ann@b\u00fc\u00adcher.example', '!invalidEmail'],
    ['ann@b\u00fccher/x.example', '!invalidEmail'],
    ['ann\u200b@example.com', '!invalidEmail'],
    ['ann@example.com.', '!invalidEmail'],
    ['ee5@example.com; ee6@example.com', '!invalidEmail'],
    ['"ann lee"@example.com', '!invalidEmail'],
    [`${'x'.repeat(65)}@example.com`, '!invalidEmail'],
    [`a@${'example.'.repeat(40)}com`, '!tooLong'],
  ])('%j is %j', (raw, expected) => {
    expect(json('email', raw)).toBe(expected);
    expect(cell('email', raw)).toBe(expected);
  });
});

describe('an e-mail address in a cell', () => {
  it.each([
    ['mailto:CC3@example.com', 'cc3@example.com'],
    ['MAILTO:cc3@example.com', 'cc3@example.com'],
    ['<ada@example.com>', 'ada@example.com'],
    ['Ann Lee <ada@example.com>', 'ada@example.com'],
    ['"Lee, Ann" <Ada@Example.com>', 'ada@example.com'],
    ['J\u00f6rg <ada@b\u00fccher.example>', 'ada@xn--bcher-kva.example'],
    ['ada@example.com <ada@example.com>', 'ada@example.com'],
    ['bob@example.com <ada@example.com>', '!invalidEmail'],
    ['Ann <ada@example.com> and more', '!invalidEmail'],
    ['Ann <\u212aelvin@x.co>', '!invalidEmail'],
    ['mailto:cc3@example.com?subject=hi', '!invalidEmail'],
    ['Ann <>', '!invalidEmail'],
  ])('%j is %j', (text, expected) => expect(cell('email', text)).toBe(expected));

  it('stands alone in JSON', () => {
    expect(json('email', 'Ada <ada@example.com>')).toBe('!invalidEmail');
    expect(json('email', 'mailto:ada@example.com')).toBe('!invalidEmail');
  });
});

describe('phone', () => {
  it.each([
    [null, '+14155550100', '+14155550100'],
    [null, '+1 (415) 555-0100', '+14155550100'],
    [null, 'tel:+1-415-555-0100', '+14155550100'],
    [null, '(415) 555-0100', '!phoneNeedsCountry'],
    ['US', '202-225-4876', '+12022254876'],
    ['DE', '030 1234567', '+49301234567'],
    ['US', '+49 30 1234567', '+49301234567'],
    ['US', '+44 (0)20 7946 0958', '+442079460958'],
    ['US', '202-225-4876 ext. 12', '!invalidPhone'],
    ['US', '12345', '!invalidPhone'],
    ['US', 'call me', '!invalidPhone'],
    [null, '+999123456789', '!invalidPhone'],
    [null, 'call me', '!invalidPhone'],
  ])('with default country %j, %j is %j', (defaultCountry, raw, expected) => {
    expect(json('phone', raw, { defaultCountry })).toBe(expected);
    expect(cell('phone', raw, { defaultCountry })).toBe(expected);
  });
  it('that begins with 00 in a cell is international', () => {
    expect(cell('phone', '0044 20 7946 0958')).toBe('+442079460958');
  });
  it('that a spreadsheet spoiled says so', () => {
    const fault = readCell(typed('phone'), '9.19E+11', { ...locale, defaultCountry: 'IN' });
    expect(fault).toMatchObject({ code: 'invalidPhone', detail: expect.stringContaining('scientific notation') });
  });
});

describe('url', () => {
  it.each([
    ['HTTPS://Aderholt.House.GOV/Path?Q=1#F', 'https://aderholt.house.gov/Path?Q=1#F'],
    ['http://User:Pass@Example.com:8080', 'http://User:Pass@example.com:8080'],
    ['https://münchen.de/straße', 'https://münchen.de/straße'],
    ['example.com', '!invalidUrl'],
    ['ftp://example.com', '!invalidUrl'],
    ['javascript:alert(1)', '!invalidUrl'],
    ['https://', '!invalidUrl'],
    ['https:/example.com', '!invalidUrl'],
    ['https://exa mple.com', '!invalidUrl'],
    ['https://example.com/a b', '!invalidUrl'],
    ['https://example.com:99999', '!invalidUrl'],
    [`https://example.com/${'x'.repeat(2048)}`, '!tooLong'],
  ])('%j is %j', (raw, expected) => {
    expect(json('url', raw)).toBe(expected);
    expect(cell('url', raw)).toBe(expected);
  });
});

describe('an identifier', () => {
  it.each([
    ...['null', 'NULL', 'undefined', 'nil', 'none', 'NaN', 'N/A', 'na', 'TBD', 'unknown', 'Anonymous', 'Guest'],
    ...['true', 'False', '-1', '[object Object]', '#N/A', '#REF!', '#VALUE!', '#NAME?', '#DIV/0!', '#NUM!', '#NULL!'],
    ...['0', '000-00', '---', '?', '???', '...', '-.?0', '\u2013', '="0"', '="n/a"'],
  ])('%j names no user', (text) => {
    expect(said(readJson(typed('text', true), text, locale))).toBe('!blockedIdentifier');
    expect(said(readCell(typed('text', true), text, locale))).toBe('!blockedIdentifier');
    expect(said(readIdentifier({ type: 'text' }, text, locale))).toBe('!blockedIdentifier');
  });
  it.each([
    ['4.79386E+17', '!mangledNumber'],
    ['4,79386E+17', '!mangledNumber'],
    ['1E+21', '!mangledNumber'],
    ['1e+21', '!mangledNumber'],
    ['-4.7E+17', '!mangledNumber'],
    ['="4.79386E+17"', '!mangledNumber'],
    ['1E10', '1E10'],
    ['1E+5', '1E+5'],
    ['A4.79386E+17', 'A4.79386E+17'],
    ['="00042"', '00042'],
    ['=" 00042 "', '00042'],
    ['=""', null],
    ['="', '="'],
    ["'00043", "'00043"],
    ['=SUM(1)', '=SUM(1)'],
  ])('%j is %j at every door', (text, expected) => {
    expect(said(readJson(typed('text', true), text, locale))).toBe(expected);
    expect(said(readCell(typed('text', true), text, locale))).toBe(expected);
    expect(said(readIdentifier({ type: 'text' }, text, locale))).toBe(expected);
  });
  it('only has armour and wrecks where the property is one', () => {
    expect(json('text', '="00042"')).toBe('="00042"');
    expect(cell('text', '4.79386E+17')).toBe('4.79386E+17');
  });
  it('of text is exact', () => {
    expect(readIdentifier({ type: 'text' }, ' crm-42É ', locale)).toBe('crm-42É');
  });
  it('in a reference is brought to its normal form', () => {
    expect(readIdentifier({ type: 'email' }, 'ADA@Example.com', locale)).toBe('ada@example.com');
    expect(readIdentifier({ type: 'phone' }, '+1 415 555 0100', locale)).toBe('+14155550100');
    expect(said(readIdentifier({ type: 'email' }, 'nobody', locale))).toBe('!invalidEmail');
    expect(readIdentifier({ type: 'text' }, ' ', locale)).toBeNull();
  });
  it('only is refused where the property is one', () => {
    expect(json('text', 'unknown')).toBe('unknown');
  });
});

describe('fold', () => {
  it.each([
    ['José', 'jose'],
    ['ÅSA', 'asa'],
    ['Straße', 'strasse'],
    ['Søren Ærø Łódź đ', 'soren aero lodz d'],
    ['Ἀθῆναι', 'αθηναι'],
    ['İstanbul ı', 'istanbul i'],
    ['कि', 'कि'],
    ['й', 'й'],
    ['が', 'が'],
  ])('%j is %j', (text, expected) => expect(fold(text)).toBe(expected.normalize('NFC')));
});

describe('the fields that are not properties', () => {
  const now = Date.UTC(2026, 0, 1);
  it('a sign-up lies between 1970 and a day ahead', () => {
    expect(readSignedUpAt('2026-01-02T00:00:00Z', now)).toBe('2026-01-02T00:00:00.000Z');
    expect(said(readSignedUpAt('2026-01-02T00:00:01Z', now))).toBe('!outOfRange');
    expect(said(readSignedUpAt('1969-12-31T23:59:59Z', now))).toBe('!outOfRange');
    expect(said(readSignedUpAt('2026-01-01', now))).toBe('!invalidDatetime');
    expect(said(readSignedUpAt(5, now))).toBe('!wrongType');
    expect(readSignedUpAt('', now)).toBeNull();
  });
  it('a status is active or banned', () => {
    expect(readStatus('banned')).toBe('banned');
    expect(said(readStatus('Gone'))).toBe('!notAllowed');
    expect(said(readStatus(1))).toBe('!wrongType');
  });
});
