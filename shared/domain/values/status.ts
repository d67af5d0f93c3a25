import { Fault } from '../errors.ts';
import type { Status } from '../users/user.ts';

const NOT_A_STRING = new Fault('wrongType', 'Must be a string.');
const NOT_ALLOWED = new Fault('notAllowed', 'Is neither active nor banned.');

/** A status, from JSON or from the normal text of a cell. */
export function readStatus(raw: unknown): Status | Fault {
  if (typeof raw !== 'string') return NOT_A_STRING;
  return raw === 'active' || raw === 'banned' ? raw : NOT_ALLOWED;
}
