import * as z from 'zod/mini';
import { type PlacedFault, problemOf } from '../errors.ts';
import { isField } from '../fields.ts';
import type { Schema } from '../property.ts';
import { MAX_RECIPIENTS, readRecipients } from '../recipient.ts';
import type { Rule } from '../rule/rule.ts';
import { check } from '../rule/schema.ts';
import type { Locale } from '../values/value.ts';
import type { ExportOptions } from './plan.ts';

/** The most users that a request names one by one. */
const MAX_USERS = 500;
const MAX_FIELDS = 400;

/** What an export is asked for. Without a target it holds all users. */
export const ExportRequest = z.strictObject({
  segment: z.optional(z.string()),
  where: z.optional(z.unknown()),
  users: z.optional(z.array(z.string()).check(z.minLength(1), z.maxLength(MAX_USERS))),
  fields: z.optional(z.array(z.string()).check(z.maxLength(MAX_FIELDS))),
  format: z._default(z.enum(['csv', 'jsonl']), 'csv'),
  profile: z._default(z.enum(['spreadsheet', 'data']), 'spreadsheet'),
  compress: z.optional(z.enum(['gzip'])),
  notify: z.optional(z.array(z.string()).check(z.maxLength(MAX_RECIPIENTS))),
});
export type ExportRequest = z.infer<typeof ExportRequest>;

/** What a request is checked against: the live schema, how values are read, and who may get mail. */
export type Grounds = { readonly schema: Schema; readonly locale: Locale; readonly allowed: readonly string[] };

/** A request that holds together. `notify`: null when it says nothing of it. */
export type CheckedRequest = {
  readonly options: ExportOptions;
  readonly rule: Rule | null;
  readonly notify: readonly string[] | null;
};

const TARGETS = ['segment', 'where', 'users'] as const;

function targetFaults(body: ExportRequest): readonly PlacedFault[] {
  const [, ...more] = TARGETS.filter((name) => body[name] !== undefined);
  const detail = 'Name one target: segment, where or users; none of them for all users.';
  return more.map((name) => ({ pointer: `/${name}`, code: 'notAllowed', detail }));
}

function fieldFaults(fields: readonly string[], schema: Schema): readonly PlacedFault[] {
  return fields.flatMap((name, index): readonly PlacedFault[] =>
    isField(name, schema)
      ? []
      : [{ pointer: `/fields/${index}`, code: 'unknownField', detail: 'There is no such field.' }],
  );
}

/** Checks what a request says. @throws Problem with an entry for each fault, all at once */
export function checkRequest(body: ExportRequest, { schema, locale, allowed }: Grounds): CheckedRequest {
  const { format, profile, compress = null, fields = null, notify, where } = body;
  const checked = where === undefined ? null : check(where, schema, locale, '/where');
  const recipients = readRecipients(notify ?? [], allowed);
  const faults = [
    ...targetFaults(body),
    ...(checked && 'faults' in checked ? checked.faults : []),
    ...fieldFaults(fields ?? [], schema),
    ...recipients.faults,
  ];
  if (faults.length > 0) throw problemOf(faults);
  return {
    options: { format, profile, compress, fields },
    rule: checked && 'rule' in checked ? checked.rule : null,
    notify: notify ? recipients.addresses : null,
  };
}
