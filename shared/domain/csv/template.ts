import type { PropertyType, Schema } from '../properties/property.ts';
import { fileStart, propertyFields, textCell } from './write.ts';

/** The example row's values of the properties that ship with Roster. */
const EXAMPLES: Readonly<Record<string, string>> = {
  userId: 'crm-1001',
  email: 'ada@example.com',
  phone: '+442079460958',
  anonymousId: 'visitor-1001',
  firstName: 'Ada',
  lastName: 'Lovelace',
  gender: 'female',
  country: 'GB',
  city: 'London',
  language: 'en',
  timezone: 'Europe/London',
  lastChannel: 'email',
  ip: '192.0.2.1',
  dob: '1985-12-10',
  latitude: '51.5072',
  longitude: '-0.1276',
  tags: 'vip;newsletter',
  companies: 'acme',
  status: 'active',
  signedUpAt: '2026-01-31T09:30:00.000Z',
};

const EXAMPLE_OF: Readonly<Record<PropertyType, string>> = {
  text: 'text',
  longText: 'a longer text',
  number: '12.5',
  boolean: 'true',
  date: '2026-01-31',
  datetime: '2026-01-31T09:30:00.000Z',
  time: '09:30:00',
  list: 'one;two',
  email: 'ada@example.com',
  phone: '+442079460958',
  url: 'https://example.com/',
};

/** The file name under which the template is offered. */
export const TEMPLATE_NAME = 'roster-template.csv';

/**
 * A file with every field that an import can write, for spreadsheets; with `example` also one row, which an import takes
 * as it is.
 */
export function template(schema: Schema, example: boolean): string {
  const fields = [...propertyFields(schema), 'tags', 'companies', 'status', 'signedUpAt'];
  const row = fields.map((field) => exampleOf(field, schema));
  return fileStart(fields, 'spreadsheet') + (example ? `${row.join(',')}\r\n` : '');
}

function exampleOf(field: string, { properties }: Schema): string {
  const { type, identifier, origin } = properties.get(field) ?? {};
  const known = origin === 'custom' || !Object.hasOwn(EXAMPLES, field) ? undefined : EXAMPLES[field];
  if (known !== undefined) return type === 'number' ? known : textCell(known, 'spreadsheet');
  return identifier ? `${field}-1001` : textCell(EXAMPLE_OF[type ?? 'text'], 'spreadsheet');
}
