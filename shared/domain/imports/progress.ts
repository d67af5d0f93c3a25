import * as z from 'zod/mini';
import { ImportCounts, Warning } from '../jobs/job.ts';
import { NO_ROWS } from './tally.ts';

/**
 * What a piece of a part's logs holds: its verdicts, how many bytes it has, and how many rows were left for later. Its
 * `name` is of one run alone: what another run of the part writes meanwhile is another piece, and only those noted count.
 */
export const PieceNote = z.object({
  name: z.string(),
  counts: ImportCounts,
  log: z.number(),
  failed: z.number(),
  later: z.number(),
});
export type PieceNote = z.infer<typeof PieceNote>;

/**
 * How far a part has come.
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

/** How far the rows have come that must keep their order: which part's, and which of them. */
export const LaterProgress = z.object({
  done: z.number(),
  counts: ImportCounts,
  warnings: z.readonly(z.array(Warning)),
  part: z.number(),
  /** The notes of what became of the part's rows so far. */
  notes: z.readonly(z.array(z.string())),
  /** What each part's rows have left, by part; null for a part that had none. */
  pieces: z.readonly(z.array(z.nullable(PieceNote))),
});
export type LaterProgress = z.infer<typeof LaterProgress>;

/** The lines of a piece and how many bytes each takes, by turns: in its log, and in its failed rows. */
export const PieceIndex = z.object({ log: z.array(z.number()), failed: z.array(z.number()) });
export type PieceIndex = z.infer<typeof PieceIndex>;
