import { gzipSync } from 'node:zlib';
import type { ExportPlan } from '../../domain/exports/plan.ts';
import { writerOf } from '../../domain/exports/write.ts';
import type { Profile } from '../../domain/users/user.ts';

/** Writes the users of an export as bytes. */
export type Encoder = {
  /** The beginning of the file: the header of a CSV. */
  readonly start: Uint8Array;
  /** The lines of some users. */
  readonly lines: (users: readonly Profile[]) => Uint8Array;
};

/**
 * The encoder of a plan's file. With gzip every batch is a member of its own: members one after the other are one gzip
 * file (RFC 1952, 2.2), so pieces are joined without being opened.
 */
export function encoderOf(plan: ExportPlan): Encoder {
  const { start, line } = writerOf(plan);
  const packed = (text: string) => (plan.options.compress === null ? Buffer.from(text, 'utf8') : gzipSync(text));
  return {
    start: packed(start),
    lines(users) {
      let text = '';
      for (const user of users) text += line(user);
      return text === '' ? new Uint8Array() : packed(text);
    },
  };
}
