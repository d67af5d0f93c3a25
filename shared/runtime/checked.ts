import { type PlacedFault, placeOf, problemOf } from '../domain/errors.ts';
import { MOST_FAULTS } from '../domain/report.ts';
import type { AnyContract, Asked } from './contract.ts';

/**
 * The value of a contract's check.
 *
 * @param found the faults of the shapes. A fault of the check at the same place is left out
 * @throws Problem with all faults
 */
export async function checked(
  { check }: Pick<AnyContract, 'check'>,
  asked: Asked<unknown, unknown, unknown>,
  found: readonly PlacedFault[],
): Promise<unknown> {
  const reading = check ? await check(asked) : { value: undefined };
  if (found.length === 0 && 'value' in reading) return reading.value;
  const places = new Set(found.map(placeOf));
  const more = 'faults' in reading ? reading.faults.filter((fault) => !places.has(placeOf(fault))) : [];
  throw problemOf([...found, ...more].slice(0, MOST_FAULTS));
}
