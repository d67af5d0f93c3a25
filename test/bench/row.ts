/**
 * One line of the benchmark table: a measurement, and others of the same run for comparison.
 *
 * `ratio` is the value over the fastest of `beside`, turned so that more is better for Roster.
 */
export type BenchRow = {
  what: string;
  value: number;
  unit: string;
  beside?: { name: string; value: number }[];
  ratio?: number;
  goal?: string;
};
