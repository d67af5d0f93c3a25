import * as z from 'zod/mini';
import { Fault } from '../errors.ts';
import type { Schema } from '../properties/property.ts';
import { MAX_RECIPIENTS, readRecipients } from '../recipient.ts';
import { below, newReport, type Reading, type Sound } from '../report.ts';
import type { Rule } from '../rules/rule.ts';
import { check } from '../rules/schema.ts';
import { isField } from '../users/fields.ts';
import type { Locale } from '../values/value.ts';
import type { ExportOptions } from './plan.ts';

/** The most users that a request names one by one. */
const MAX_USERS = 500;
const MAX_FIELDS = 400;

/** The request for an export. Without a target it holds all users. */
export const ExportRequest = z.strictObject({
  segment: z.optional(z.string()),
  where: z.optional(z.unknown()),
  users: z.optional(z.array(z.string()).check(z.minLength(1), z.maxLength(MAX_USERS))),
  fields: z.optional(z.array(z.string()).check(z.minLength(1), z.maxLength(MAX_FIELDS))),
  format: z._default(z.enum(['csv', 'jsonl']), 'csv'),
  profile: z._default(z.enum(['spreadsheet', 'data']), 'spreadsheet'),
  compress: z.optional(z.enum(['gzip'])),
  notify: z.optional(z.array(z.string()).check(z.maxLength(MAX_RECIPIENTS))),
});
export type ExportRequest = z.infer<typeof ExportRequest>;

/** The grounds on which a request is checked: the live schema, the locale of values, and the addresses to which mail is allowed. */
export type Grounds = { readonly schema: Schema; readonly locale: Locale; readonly allowed: readonly string[] };

/** A request that holds together. `notify`: null when it says nothing of it. */
export type CheckedRequest = {
  readonly options: ExportOptions;
  readonly rule: Rule | null;
  readonly notify: readonly string[] | null;
};

const TARGETS = ['segment', 'where', 'users'] as const;

const ONE_TARGET = new Fault('notAllowed', 'Name one target: segment, where or users; none of them for all users.');
const UNKNOWN_FIELD = new Fault('unknownField', 'There is no such field.');

/** Checks what a request says, all at once. */
export function readExport(body: Sound<ExportRequest>, { schema, locale, allowed }: Grounds): Reading<CheckedRequest> {
  const { format = 'csv', profile = 'spreadsheet', compress = null, fields = null, notify, where } = body;
  const report = newReport();
  const [, ...more] = TARGETS.filter((name) => body[name] !== undefined);
  for (const name of more) report.add(below('', name), ONE_TARGET);
  const checked = where === undefined ? null : check(where, schema, locale, '/where');
  if (checked && 'faults' in checked) report.join(checked.faults);
  fields?.forEach((name, index) => {
    if (!isField(name, schema)) report.add(below('/fields', index), UNKNOWN_FIELD);
  });
  const recipients = readRecipients(notify ?? [], allowed);
  report.join(recipients.faults);
  return report.reading({
    options: { format, profile, compress, fields },
    rule: checked && 'rule' in checked ? checked.rule : null,
    notify: notify ? recipients.addresses : null,
  });
}
