import * as z from 'zod/mini';
import { ImportCounts, Warning } from '../jobs/job.ts';
import { NO_ROWS } from './counts.ts';

/**
 * The contents of a piece of a part's logs: its verdicts, how many bytes it has, and how many rows were deferred. Its
 * `name` is of one run alone: what another run of the part writes meanwhile is another piece, and only those noted count.
 */
export const PieceNote = z.object({
  name: z.string(),
  counts: ImportCounts,
  log: z.number(),
  failed: z.number(),
  deferred: z.number(),
});
export type PieceNote = z.infer<typeof PieceNote>;

/**
 * The progress of a part.
 *
 * `done` and `counts` are what people see. What is kept is in `pieces`: a part that dies goes on behind the last of them,
 * at byte `at` of the text and on physical line `line`, and finds by the marks on the profiles what it did since.
 */
export const PartProgress = z.object({
  done: z.number(),
  counts: ImportCounts,
  warnings: z.readonly(z.array(Warning)),
  at: z.number(),
  line: z.number(),
  pieces: z.readonly(z.array(PieceNote)),
});
export type PartProgress = z.infer<typeof PartProgress>;

/** A part that has not begun. */
export const begun = ({ from, line }: { readonly from: number; readonly line: number }): PartProgress => ({
  done: 0,
  counts: NO_ROWS,
  warnings: [],
  at: from,
  line,
  pieces: [],
});

/** The progress of the deferred rows: the part whose rows are next, and the pieces that those before it have left. */
export const DeferredProgress = z.object({
  done: z.number(),
  counts: ImportCounts,
  warnings: z.readonly(z.array(Warning)),
  part: z.number(),
  /** The names of the notes that hold the outcomes of the part's rows so far. */
  notes: z.readonly(z.array(z.string())),
  /** The piece that the deferred rows of each part have left, by part; null for a part that had none. */
  pieces: z.readonly(z.array(z.nullable(PieceNote))),
});
export type DeferredProgress = z.infer<typeof DeferredProgress>;

/** The lines of a piece and how many bytes each takes, by turns: in its log, and in its failed rows. */
export const PieceIndex = z.object({ log: z.array(z.number()), failed: z.array(z.number()) });
export type PieceIndex = z.infer<typeof PieceIndex>;
