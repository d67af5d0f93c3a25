import { Fault } from '../errors.ts';
import { readInstant } from './date.ts';
import { normalText } from './text.ts';

const DAY = 86_400_000;
const EARLIEST = '1970-01-01T00:00:00.000Z';
const NOT_A_STRING = new Fault('wrongType', 'Must be a string.');
const OUT_OF_RANGE = new Fault('outOfRange', 'Must lie between 1970 and a day from now.');

/** A sign-up time from JSON; null when it is blank. `now` is in milliseconds since 1970. */
export function readSignedUpAt(raw: unknown, now: number): string | null | Fault {
  if (raw === null || raw === undefined) return null;
  if (typeof raw !== 'string') return NOT_A_STRING;
  const text = normalText(raw);
  if (text instanceof Fault) return text;
  return text === '' ? null : signedUpAtCheck(now)(readInstant(text));
}

/** A check of instants as sign-up times: from 1970 to a day after `now` (milliseconds since 1970). */
export function signedUpAtCheck(now: number): (instant: string | Fault) => string | Fault {
  const latest = new Date(now + DAY).toISOString();
  return (instant) => {
    if (instant instanceof Fault) return instant;
    // Instants are written alike, so they sort as text.
    return instant >= EARLIEST && instant <= latest ? instant : OUT_OF_RANGE;
  };
}
