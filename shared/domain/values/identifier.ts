import { Fault } from '../errors.ts';
import { fold } from './fold.ts';

const BLOCKED: ReadonlySet<string> = new Set([
  'null',
  'undefined',
  'nil',
  'none',
  'nan',
  'n/a',
  'na',
  'unknown',
  'anonymous',
  'guest',
  'true',
  'false',
  '-1',
  '[object object]',
]);
const LONGEST_BLOCKED = Math.max(...[...BLOCKED].map((word) => word.length));
const NOTHING = /^[0-]+$/;

const BLOCKED_FAULT = new Fault(
  'blockedIdentifier',
  'Stands for "no value" and names nobody: leave it blank, or give the real one.',
);

/**
 * The fault of a text that programs write where they have no identifier (`null`, `N/A`, `0000`), null for any other: a
 * user who got one would swallow everybody else who has none.
 */
export function blockedIdentifier(text: string): Fault | null {
  if (NOTHING.test(text)) return BLOCKED_FAULT;
  return text.length <= LONGEST_BLOCKED && BLOCKED.has(fold(text)) ? BLOCKED_FAULT : null;
}
