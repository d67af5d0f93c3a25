import { createHmac, timingSafeEqual } from 'node:crypto';
import { problemOf } from './errors.ts';

/** Where the next page of a list begins: texts that only the list itself understands. */
export type Position = readonly string[];

const SIGNATURE_BYTES = 12;

function signature(payload: string, bound: string, secret: string): Buffer {
  return createHmac('sha256', `cursor:${secret}`).update(`${bound}\n${payload}`).digest().subarray(0, SIGNATURE_BYTES);
}

/** A cursor that only serves the list it was made for: opaque, signed, bound to path and query. */
export function writeCursor(position: Position, bound: string, secret: string): string {
  const payload = Buffer.from(JSON.stringify(position)).toString('base64url');
  return `${payload}.${signature(payload, bound, secret).toString('base64url')}`;
}

/**
 * The position in a cursor.
 *
 * @throws Problem `invalidCursor` when it was altered, or made for another path or query
 */
export function readCursor(cursor: string, bound: string, secret: string): Position {
  const [payload = '', given = ''] = cursor.split('.');
  const expected = signature(payload, bound, secret);
  const received = Buffer.from(given, 'base64url');
  const genuine = received.length === expected.length && timingSafeEqual(received, expected);
  const position: unknown = genuine ? JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) : null;
  if (!Array.isArray(position)) {
    throw problemOf([
      {
        parameter: 'cursor',
        code: 'invalidCursor',
        detail: 'This cursor was altered, or belongs to another path or query. Start again without it.',
      },
    ]);
  }
  return position.map(String);
}
