import { Fault } from '../errors.ts';
import { readInstant } from './date.ts';
import { normalText } from './text.ts';

const DAY = 86_400_000;
const NOT_A_STRING = new Fault('wrongType', 'Must be a string.');
const OUT_OF_RANGE = new Fault('outOfRange', 'Must lie between 1970 and a day from now.');

/** A sign-up time from JSON; null when it is blank. `now` is in milliseconds since 1970. */
export function readSignedUpAt(raw: unknown, now: number): string | null | Fault {
  if (raw === null || raw === undefined) return null;
  if (typeof raw !== 'string') return NOT_A_STRING;
  const text = normalText(raw);
  if (text instanceof Fault) return text;
  return text === '' ? null : checkSignedUpAt(readInstant(text), now);
}

/** A time that was read, as a sign-up time: from 1970 to a day after `now` (milliseconds since 1970). */
export function checkSignedUpAt(instant: string | Fault, now: number): string | Fault {
  if (instant instanceof Fault) return instant;
  const ms = Date.parse(instant);
  return ms >= 0 && ms <= now + DAY ? instant : OUT_OF_RANGE;
}
