import * as z from 'zod/mini';
import { fieldTakenFor } from '../csv/synonyms.ts';
import { Fault } from '../errors.ts';
import { newReport, type Reading, type Report, type Sound } from '../report.ts';
import { LONG_TEXT_LIMIT, readWords, TEXT_LIMIT } from '../values/text.ts';
import {
  declared,
  FORBIDDEN_NAMES,
  KEY_PATTERN,
  type Property,
  PropertyType,
  RESERVED_KEYS,
  Scope,
  SYSTEM_PROPERTIES,
} from './property.ts';

/** The body by which a property is declared. */
export const NewProperty = z.strictObject({
  key: z.string(),
  type: PropertyType,
  label: z.optional(z.string()),
  scope: z.optional(Scope),
  searchable: z.optional(z.boolean()),
  identifier: z.optional(z.boolean()),
  description: z.optional(z.nullable(z.string())),
});
export type NewProperty = z.infer<typeof NewProperty>;

/** The fault of a name that stands for a system field in files; a property that had it would change what they mean. */
function nameFault(name: string): Fault | null {
  const field = fieldTakenFor(name);
  if (field === null) return null;
  return new Fault('reservedName', `In a file, a column of this name is read as ${field}. Take another name.`);
}

/** The reason why a property cannot have this key; null when it can. The key of a system property is no fault by itself. */
export function keyFault(key: string, scope: Scope): Fault | null {
  if (FORBIDDEN_NAMES.has(key)) return new Fault('forbiddenName', 'This name cannot be used.');
  if (RESERVED_KEYS.has(key) || key.startsWith('roster_')) {
    return new Fault('reservedName', 'Roster uses this name for something else. Take another.');
  }
  if (key.length > 64) return new Fault('tooLong', 'A key has at most 64 characters.');
  if (!KEY_PATTERN.test(key)) {
    return new Fault('notAllowed', 'A key begins with a small letter a–z; letters, digits and _ follow.');
  }
  const isSystemKey = SYSTEM_PROPERTIES[scope].some((one) => one.key === key);
  return scope === 'user' && !isSystemKey ? nameFault(key) : null;
}

/** A label; only files of users are matched by labels. */
function readLabel(raw: string, scope: Scope): string | Fault {
  const label = readWords(raw, TEXT_LIMIT);
  return (typeof label === 'string' && scope === 'user' ? nameFault(label) : null) ?? label;
}

/** Says of each type if its values are text, whose words can be searched. */
const IS_SEARCHABLE: Readonly<Record<PropertyType, boolean>> = {
  text: true,
  longText: true,
  number: false,
  boolean: false,
  date: false,
  datetime: false,
  time: false,
  list: false,
  email: true,
  phone: true,
  url: true,
};

const NOT_TEXT = new Fault('notAllowed', 'An identifier of your own is of type text.');
const NOT_OF_COMPANIES = new Fault('notAllowed', 'Only users have identifiers.');
const NOT_SEARCHABLE = new Fault('notAllowed', 'Only text can be searched.');

/** Reports what does not go together. */
function reportUse({ type, scope, identifier, searchable }: Sound<NewProperty>, report: Report): void {
  if (identifier && type !== undefined && type !== 'text') report.add('/type', NOT_TEXT);
  if (identifier && scope === 'company') report.add('/identifier', NOT_OF_COMPANIES);
  if (searchable && type !== undefined && !IS_SEARCHABLE[type]) report.add('/searchable', NOT_SEARCHABLE);
}

/** The property that a body declares. @param now milliseconds since 1970 */
export function readNewProperty(body: Sound<NewProperty>, now: number): Reading<Property> {
  const report = newReport();
  const { key, type, scope = 'user', identifier = false, searchable = false } = body;
  const fault = key === undefined ? null : keyFault(key, scope);
  if (fault) report.add('/key', fault);
  reportUse(body, report);
  const label = report.keep('/label', readLabel(body.label ?? '', scope));
  const description = report.keep('/description', readWords(body.description ?? '', LONG_TEXT_LIMIT));
  if (key === undefined || type === undefined) return { faults: report.faults };
  const said = { key, label: label || key, type, scope, identifier, searchable, description: description || null };
  return report.reading(declared(said, now));
}
