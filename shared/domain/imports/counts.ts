import type { ImportCounts, Warning } from '../jobs/job.ts';
import type { Verdict } from '../users/user.ts';

/** No rows. */
export const NO_ROWS: ImportCounts = { rows: 0, imported: 0, merged: 0, unchanged: 0, skipped: 0, failed: 0 };

const COUNTER: Readonly<Record<Verdict, Exclude<keyof ImportCounts, 'rows'>>> = {
  IMPORTED: 'imported',
  MERGED: 'merged',
  UNCHANGED: 'unchanged',
  SKIPPED: 'skipped',
  FAILED: 'failed',
};

/** Counts with these verdicts more. */
export function counted(before: ImportCounts, verdicts: readonly Verdict[]): ImportCounts {
  const counts = { ...before, rows: before.rows + verdicts.length };
  for (const verdict of verdicts) counts[COUNTER[verdict]] += 1;
  return counts;
}

/** The counts of several parts as one. */
export function summed(parts: readonly ImportCounts[]): ImportCounts {
  const sum = { ...NO_ROWS };
  for (const part of parts) {
    sum.rows += part.rows;
    for (const counter of Object.values(COUNTER)) sum[counter] += part[counter];
  }
  return sum;
}

/** The most lines that a warning names. */
const MOST_LINES = 10;

/** Warnings of several parts as one list: an entry for each code and field, with the first ten lines of all. */
export function mergedWarnings(lists: readonly (readonly Warning[])[]): readonly Warning[] {
  const merged = new Map<string, Warning>();
  for (const warning of lists.flat()) {
    const name = `${warning.code} ${warning.field}`;
    const before = merged.get(name);
    const lines = [...(before?.lines ?? []), ...warning.lines].sort((a, b) => a - b).slice(0, MOST_LINES);
    merged.set(name, {
      ...warning,
      detail: before?.detail ?? warning.detail,
      count: warning.count + (before?.count ?? 0),
      lines,
    });
  }
  return [...merged.values()];
}
