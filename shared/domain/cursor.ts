import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PlacedFault } from './errors.ts';
import type { Reading } from './report.ts';

/** The position at which the next page of a list begins, as texts that only this list reads. */
export type Position = readonly string[];

const SIGNATURE_BYTES = 12;

function signed(payload: string, bound: string, secret: string): string {
  const digest = createHmac('sha256', `cursor:${secret}`).update(`${bound}\n${payload}`).digest();
  return `${payload}.${digest.subarray(0, SIGNATURE_BYTES).toString('base64url')}`;
}

/** A cursor: opaque, signed, and bound to the path and query for which it was made. */
export function writeCursor(position: Position, bound: string, secret: string): string {
  return signed(Buffer.from(JSON.stringify(position)).toString('base64url'), bound, secret);
}

const INVALID: PlacedFault = {
  parameter: 'cursor',
  code: 'invalidCursor',
  detail: 'This cursor was altered, or belongs to another path or query. Start again without it.',
};

/** Reads the position in a cursor. A cursor that was altered, or made for another path or query, is a fault. */
export function readCursor(cursor: string, bound: string, secret: string): Reading<Position> {
  const [payload = ''] = cursor.split('.');
  // The texts are compared, not the decoded bytes: the decoder of base64 ignores characters that were added.
  const expected = Buffer.from(signed(payload, bound, secret));
  const received = Buffer.from(cursor);
  const genuine = received.length === expected.length && timingSafeEqual(received, expected);
  const position: unknown = genuine ? JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) : null;
  return Array.isArray(position) ? { value: position.map(String) } : { faults: [INVALID] };
}
