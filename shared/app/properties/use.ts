import * as segments from '../../data/segments/segments.ts';
import { fieldsOf } from '../../domain/rules/fields.ts';

const PAGE = 100;

/** The ids of the segments whose rule reads a property of users. */
export async function segmentsUsing(property: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await segments.page({ after, limit: PAGE });
    const using = page.segments.filter(({ rule }) => rule !== null && fieldsOf(rule).has(property));
    ids.push(...using.map(({ id }) => id));
    after = page.last ?? undefined;
  } while (after !== undefined);
  return ids;
}
