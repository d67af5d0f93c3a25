import type { Reading } from '../domain/report.ts';

/** Joins several readings: all their values under their names, or the faults of all. */
export function together<Values extends Record<string, unknown>>(
  readings: { readonly [Name in keyof Values]: Reading<Values[Name]> },
): Reading<Values> {
  const named = Object.entries<Reading<unknown>>(readings);
  const faults = named.flatMap(([, reading]) => ('faults' in reading ? reading.faults : []));
  if (faults.length > 0) return { faults };
  const values = named.flatMap(([name, reading]) => ('value' in reading ? [[name, reading.value]] : []));
  return { value: Object.fromEntries(values) as Values };
}
