import * as z from 'zod/mini';
import { Fault, type Problem, problemOf } from '../errors.ts';
import type { Schema } from '../properties/property.ts';
import { below, newReport, type Reading, type Report, type Sound } from '../report.ts';
import { readCompanies, readTags } from '../values/list.ts';
import { readJson } from '../values/parse.ts';
import { readSignedUpAt } from '../values/signed-up-at.ts';
import type { Locale, Value } from '../values/value.ts';
import type { Change, RowFault } from './change.ts';
import { unidentified } from './merge.ts';
import { Status } from './user.ts';

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

const UNKNOWN_PROPERTY = new Fault('unknownField', 'There is no such property. Declare it with POST /v1/properties.');

function readProperty(key: string, raw: unknown, schema: Schema, locale: Locale): Value | null | Fault {
  const property = schema.properties.get(key);
  if (!property) return UNKNOWN_PROPERTY;
  if (property.archived) return new Fault('archived', 'This property is archived. Restore it first.');
  return readJson(property, raw, locale);
}

function readProperties(given: Sound<NewUser>['properties'], schema: Schema, locale: Locale, { keep }: Report) {
  const entries = Object.entries(given ?? {}).map(([key, raw]) => {
    const value = keep(below('/properties', key), readProperty(key, raw, schema, locale));
    return [key, value ?? null] as const;
  });
  return Object.fromEntries(entries);
}

/** A list, element by element, so that each fault has its own place; what the elements make together is asked last. */
function readElements(
  given: readonly string[] | undefined,
  pointer: string,
  read: (raw: unknown) => readonly string[] | Fault,
  report: Report,
): readonly string[] | undefined {
  const before = report.faults.length;
  const texts = given?.flatMap((text, index) => report.keep(below(pointer, index), read([text])) ?? []);
  return texts && report.faults.length === before ? report.keep(pointer, read(texts)) : undefined;
}

/**
 * The change that a body asks for.
 *
 * @param now milliseconds since 1970
 */
export function readUserInput(body: Sound<NewUser>, schema: Schema, locale: Locale, now: number): Reading<Change> {
  const report = newReport();
  const properties = readProperties(body.properties, schema, locale, report);
  const tags = readElements(body.tags, '/tags', readTags, report);
  const companies = readElements(body.companies, '/companies', readCompanies, report);
  const signedUpAt = report.keep('/signedUpAt', readSignedUpAt(body.signedUpAt, now));
  return report.reading({
    properties,
    ...(tags && { tags: { mode: 'replace', values: tags } }),
    ...(companies && { companies: { mode: 'replace', values: companies } }),
    ...(body.status && { status: body.status }),
    ...(signedUpAt && { signedUpAt }),
  });
}

/** The change that creates a user. A change without an identifier is a fault beside the others. */
export function readNewUser(body: Sound<NewUser>, schema: Schema, locale: Locale, now: number): Reading<Change> {
  const read = readUserInput(body, schema, locale, now);
  const { properties } = body;
  // An identifier that was sent and has a fault of its own is not reported as missing as well.
  const isSent = (field: string) =>
    properties !== undefined &&
    field in properties &&
    (properties[field] === undefined || readProperty(field, properties[field], schema, locale) !== null);
  if (properties === undefined || schema.identifiers.some(isSent)) return read;
  const { code, detail } = unidentified(schema);
  return { faults: [...('faults' in read ? read.faults : []), { pointer: '/properties', code, detail }] };
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
