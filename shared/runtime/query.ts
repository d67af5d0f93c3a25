import * as z from 'zod/mini';
import type { Sent } from '../domain/json-input.ts';
import { FORBIDDEN_NAMES } from '../domain/properties/property.ts';

/** Query parameters that may be given several times. */
const REPEATABLE: ReadonlySet<string> = new Set(['tagsAll', 'tagsAny', 'tagsNone']);

/** The query parameters as one object. A parameter that is repeated, and may not be, has an array as its value. */
export function readQuery(raw: string): Sent {
  const given = new URLSearchParams(raw);
  const names = [...new Set(given.keys())];
  const forbidden = names.filter((name) => FORBIDDEN_NAMES.has(name));
  const entries = names
    .filter((name) => !FORBIDDEN_NAMES.has(name))
    .map((name): [string, unknown] => {
      const [only = '', ...more] = given.getAll(name);
      if (more.length === 0) return [name, only];
      return [name, REPEATABLE.has(name) ? [only, ...more].join(',') : [only, ...more]];
    });
  const detail = 'There is no such parameter.';
  return {
    input: Object.fromEntries(entries),
    faults: forbidden.map((parameter) => ({ parameter, code: 'unknownKey', detail })),
  };
}

const WHOLE_NUMBER = /^(0|[1-9]\d{0,8})$/;

/** The whole number that a query parameter is, as it is written in one way only: `5`, not `05`, `5.0` or `+5`. */
export const wholeNumber = z.transform((text: unknown, { issues }) => {
  if (typeof text === 'string' && WHOLE_NUMBER.test(text)) return Number(text);
  issues.push({ code: 'custom', message: 'Must be a whole number.', input: text });
  return z.NEVER;
});

/** A query parameter that is `true` or `false`. */
export const flag = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' });

/** A query parameter that is a list with commas between: `email, plan`. White space around an element is removed. */
export const commaList = z.pipe(
  z.string(),
  z.pipe(
    z.transform((text: string) => text.split(',').map((element) => element.trim())),
    z.array(z.string()),
  ),
);
