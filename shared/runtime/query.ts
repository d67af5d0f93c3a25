import { FORBIDDEN_NAMES } from '../domain/properties/property.ts';
import type { Sent } from './shaped.ts';

/** Query parameters that may be given several times. */
const REPEATABLE: ReadonlySet<string> = new Set(['tagsAll', 'tagsAny', 'tagsNone']);

/** The query parameters as one object; one that is repeated is an array, but for those that may be repeated. */
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
