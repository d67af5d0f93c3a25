import * as z from 'zod/mini';
import type { Change, RowFault } from './change.ts';
import { Fault, type PlacedFault, type Problem, problemOf } from './errors.ts';
import type { Schema } from './property.ts';
import { Status } from './user.ts';
import { readCompanies, readTags } from './values/list.ts';
import { readJson } from './values/parse.ts';
import { readSignedUpAt } from './values/signed-up-at.ts';
import type { Locale, Value } from './values/value.ts';

const Given = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);
const Texts = z.array(z.string());

/** The body by which a user is made. In `properties`, null and '' leave a property unset. */
export const NewUser = z.strictObject({
  properties: z.record(z.string(), Given),
  tags: z.optional(Texts),
  status: z.optional(Status),
  signedUpAt: z.optional(z.string()),
  companies: z.optional(Texts),
});
export type NewUser = z.infer<typeof NewUser>;

/** The body by which a user is changed: null clears a property, what is not given stays, lists are replaced. */
export const UserPatch = z.strictObject({
  properties: z.optional(z.record(z.string(), Given)),
  tags: z.optional(Texts),
  companies: z.optional(Texts),
});
export type UserPatch = z.infer<typeof UserPatch>;

const placed = (pointer: string, { code, detail }: Fault): PlacedFault => ({ pointer, code, detail });

function readProperty(key: string, raw: unknown, schema: Schema, locale: Locale): Value | null | Fault {
  const property = schema.properties.get(key);
  if (!property) return new Fault('unknownField', `There is no property ${key}. Declare it with POST /v1/properties.`);
  if (property.archived) return new Fault('archived', 'This property is archived. Restore it first.');
  return readJson(property, raw, locale);
}

type Reader = { readonly faults: PlacedFault[]; readonly keep: <T>(pointer: string, read: T | Fault) => T | undefined };

/** Collects every fault of a body, so that all are told at once. */
function reader(): Reader {
  const faults: PlacedFault[] = [];
  const keep = <T>(pointer: string, read: T | Fault): T | undefined => {
    if (!(read instanceof Fault)) return read;
    faults.push(placed(pointer, read));
    return undefined;
  };
  return { faults, keep };
}

function readProperties(
  given: UserPatch['properties'],
  schema: Schema,
  locale: Locale,
  { keep }: Reader,
): Change['properties'] {
  const entries = Object.entries(given ?? {}).map(([key, raw]) => {
    const value = keep(
      `/properties/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      readProperty(key, raw, schema, locale),
    );
    return [key, value ?? null] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The change that a body asks for.
 *
 * @param now milliseconds since 1970
 * @throws Problem with every fault of the body
 */
export function readUserInput(body: NewUser | UserPatch, schema: Schema, locale: Locale, now: number): Change {
  const read = reader();
  const properties = readProperties(body.properties, schema, locale, read);
  const tags = body.tags && read.keep('/tags', readTags(body.tags));
  const companies = body.companies && read.keep('/companies', readCompanies(body.companies));
  const { status, signedUpAt: given } = 'signedUpAt' in body || 'status' in body ? body : {};
  const signedUpAt = given === undefined ? undefined : read.keep('/signedUpAt', readSignedUpAt(given, now));
  if (read.faults.length > 0) throw problemOf(read.faults);
  return {
    properties,
    ...(tags && { tags: { mode: 'replace', values: tags } }),
    ...(companies && { companies: { mode: 'replace', values: companies } }),
    ...(status && { status }),
    ...(signedUpAt && { signedUpAt }),
  };
}

const LISTS: ReadonlySet<string> = new Set(['tags', 'companies']);

/** A fault of the whole user as a problem with the place in the body that it speaks of. */
export function problemOfRow({ code, field, detail, ids }: RowFault): Problem {
  const [id] = ids ?? [];
  const pointer = field === undefined ? '/properties' : LISTS.has(field) ? `/${field}` : `/properties/${field}`;
  return problemOf([{ pointer, code, detail, ...(id && { id }) }]);
}

/** The problem of identifiers that others have, an entry for each. */
export function takenProblem(taken: readonly { readonly field: string; readonly owner: string }[]): Problem {
  return problemOf(
    taken.map(({ field, owner }) => ({
      pointer: `/properties/${field}`,
      code: 'identifierTaken',
      detail: `${field} belongs to another user.`,
      id: owner,
    })),
  );
}
