import { exportFields, fileStart, userWriter } from '../csv/write.ts';
import type { Schema } from '../properties/property.ts';
import { narrowed } from '../users/fields.ts';
import { type Profile, type User, userOf } from '../users/user.ts';
import { toJson } from '../values/json.ts';
import { type ExportPlan, schemaOfPlan } from './plan.ts';

/** A user as one line of JSON: as the API shows it, without what is archived. */
function jsonWriter(fields: readonly string[] | null, schema: Schema): (user: User) => string {
  const archived = [...schema.properties.values()].filter((property) => property.archived).map(({ key }) => key);
  const live = (user: User): User => {
    if (archived.length === 0) return user;
    const kept = Object.entries(user.properties).filter(([key]) => !archived.includes(key));
    return { ...user, properties: Object.fromEntries(kept) };
  };
  return (user) => `${toJson(narrowed(live(user), fields))}\n`;
}

/** `id` first, and nothing twice. */
const withId = (fields: readonly string[]) => [...new Set(['id', ...fields])];

/** The beginning of a plan's file, and the function that makes a line of a user. */
export type Writer = { readonly start: string; readonly line: (profile: Profile) => string };

/** The writer of a plan's file. */
export function writerOf(plan: ExportPlan): Writer {
  const { format, profile, fields } = plan.options;
  const schema = schemaOfPlan(plan);
  if (format === 'jsonl') {
    const write = jsonWriter(fields, schema);
    return { start: '', line: (one) => write(userOf(one)) };
  }
  const columns = fields === null ? exportFields(schema) : withId(fields);
  return { start: fileStart(columns, profile), line: userWriter(columns, profile) };
}
