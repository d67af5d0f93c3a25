import fc from 'fast-check';
import { isPossiblePhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import metadata from 'libphonenumber-js/min/metadata';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../shared/domain/errors.ts';
import { PropertyType } from '../../shared/domain/properties/property.ts';
import { readCell } from '../../shared/domain/values/cell.ts';
import { fold } from '../../shared/domain/values/fold.ts';
import { readTags, readTagsCell, writeTags } from '../../shared/domain/values/list.ts';
import { readJson } from '../../shared/domain/values/parse.ts';
import { readPhone } from '../../shared/domain/values/phone.ts';
import { writeCell } from '../../shared/domain/values/print.ts';
import { normalText } from '../../shared/domain/values/text.ts';
import type { Locale } from '../../shared/domain/values/value.ts';

const locale: Locale = { timeZone: 'Asia/Kolkata', defaultCountry: 'IN', dateFormat: 'ymd', decimal: 'none' };

/** Text with a bias to characters that are special for parsers. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom(' ', '\u00a0', '\u200b', '\ufeff', '\r', '\r\n', '\n', '\t', '\0', '\ud800', 'e\u0301', '\u037e'),
      fc.constantFrom(';', '\\', ',', "'", '=', '+', '-', '@', 'ß', 'İ', 'Ω', '＝', '"'),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const raws: Readonly<Record<PropertyType, fc.Arbitrary<unknown>>> = {
  text: anyText,
  longText: anyText,
  number: fc.oneof(fc.double(), fc.double({ min: -1, max: 1 }), fc.integer(), fc.maxSafeInteger()),
  boolean: fc.boolean(),
  date: fc.date({ noInvalidDate: true }).map((at) => at.toISOString().slice(0, 10)),
  datetime: fc
    .tuple(fc.date({ noInvalidDate: true }), fc.constantFrom('Z', '+05:30', '-11:00'))
    .map(([at, zone]) => at.toISOString().replace('Z', zone)),
  time: fc.stringMatching(/^\d\d:\d\d(:\d\d)?$/),
  list: fc.array(anyText, { maxLength: 6 }),
  email: fc.oneof(
    fc.emailAddress(),
    fc.emailAddress().map((text) => ` ${text.toUpperCase()}`),
  ),
  phone: fc.oneof(
    fc.stringMatching(/^\+?[\d() -]{4,18}$/),
    fc.stringMatching(/^\+(1|44|39|7|54|52|55|49|91|81|86|800)\d{4,12}$/),
    fc.stringMatching(/^00?\d{5,12}$/),
  ),
  url: fc.oneof(
    fc.webUrl(),
    fc.webUrl().map((url) => url.toUpperCase()),
    anyText.map((text) => `https://${text}`),
  ),
};

describe.each(PropertyType.options)('a %s', (type) => {
  const property = { type, identifier: false };

  it('that was read is read again as the same, from JSON and from its print', () => {
    fc.assert(
      fc.property(raws[type], (raw) => {
        const value = readJson(property, raw, locale);
        if (value === null || value instanceof Fault) return;
        expect(readJson(property, value, locale)).toEqual(value);
        expect(readCell(property, writeCell(value), locale)).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  it('has no value in its faults', () => {
    const canary = 'canary-7f3a';
    for (const fault of [readJson(property, canary, locale), readCell(property, `${canary}\0`, locale)])
      if (fault instanceof Fault) expect(fault.detail).not.toContain(canary);
  });
});

describe('laws', () => {
  it('normalising text twice changes nothing', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const text = normalText(raw);
        if (!(text instanceof Fault)) expect(normalText(text)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  it('folding twice changes nothing', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        expect(fold(fold(raw))).toBe(fold(raw));
      }),
      { numRuns: 5000 },
    );
  });

  it('tags come back from their print', () => {
    fc.assert(
      fc.property(fc.array(anyText), (raw) => {
        const tags = readTags(raw);
        if (!(tags instanceof Fault)) expect(readTagsCell(writeTags(tags))).toEqual(tags);
      }),
    );
  });

  it('the printed number has no exponent and at most 15 digits', () => {
    fc.assert(
      fc.property(raws.number, (raw) => {
        const value = readJson({ type: 'number', identifier: false }, raw, locale);
        if (typeof value !== 'number') return;
        expect(writeCell(value)).toMatch(/^-?\d+(\.\d+)?$/);
        expect(
          writeCell(value)
            .replace(/^-?[0.]*/, '')
            .replace('.', '')
            .replace(/0+$/, '').length,
        ).toBeLessThanOrEqual(15);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a phone with its country code', () => {
  const endings = [
    '00',
    '01',
    '02',
    '07',
    '08',
    '10',
    '12',
    '20',
    '31',
    '39',
    '45',
    '50',
    '60',
    '70',
    '83',
    '90',
    '99',
  ];
  const numbers = Object.keys(metadata.country_calling_codes).flatMap((code) =>
    endings.flatMap((lead) => [3, 4, 5, 6, 7, 8, 9, 10].map((more) => `+${code}${lead}${'4567890123'.slice(0, more)}`)),
  );
  /** The number that the library alone reads: null when it is impossible, or when its E.164 form is read as another one. */
  const byLibrary = (text: string) => {
    const phone = parsePhoneNumberFromString(text, { extract: false });
    const number = phone?.isPossible() ? phone.number : null;
    return number && parsePhoneNumberFromString(number)?.number === number ? number : null;
  };

  it('is what libphonenumber-js makes of it, for every calling code', () => {
    const differing = numbers.filter((text) => {
      const expected = byLibrary(text);
      const phone = readPhone(text, null);
      return expected === null
        ? !(phone instanceof Fault) && isPossiblePhoneNumber(phone) === false
        : phone !== expected;
    });
    expect(differing).toEqual([]);
  });
});
