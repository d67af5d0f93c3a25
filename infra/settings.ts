import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';

// `zod/mini` has no messages by default, and the operator reads them here.
z.config(z.locales.en());

const Address = z.string().check(z.regex(/^[^\s@,*]+@[^\s@,]+\.[^\s@,]+$/, 'must be an e-mail address'));
const Recipient = z
  .string()
  .check(z.regex(/^(\*|[^\s@,*]+)@[^\s@,]+\.[^\s@,]+$/, 'must be an e-mail address or *@domain'));
const Origin = z
  .string()
  .check(z.regex(/^(\*|https?:\/\/[^/\s]+)$/, 'must be an origin such as https://app.example.com'));
/** Lists are environment variables of functions, together with the other settings: Lambda limits these to 4 KB. */
const listOf = <T extends typeof Address>(entry: T, most: number) =>
  z
    .array(entry)
    .check(z.refine((all) => all.join(',').length <= most, `must have at most ${most} characters, all together`));
const whole = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most));

/** True when the time zone database of this machine has the name. */
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** The settings of a deployment. All have defaults, except the addresses of people. */
export const Settings = z.strictObject({
  /** The stage of the deployment: `prod` keeps its data when a stack is deleted. */
  stage: z._default(z.enum(['dev', 'prod']), 'dev'),
  /** The address that mails come from; its owner confirms it once with SES. */
  sender: Address,
  /** `new`: the stack creates the identity of the sender. `existing`: the account has the address, or its domain, already. */
  senderIdentity: z._default(z.enum(['new', 'existing']), 'new'),
  /** The addresses that may receive mail, or `*@domain` for all of a domain. */
  allowedRecipients: z._default(listOf(Recipient, 2000), []),
  /** The addresses that get mail about dropped files and alarms. */
  operators: z._default(listOf(Address, 500), []),
  /** The time zone of days, such as "today" in a rule. */
  timeZone: z._default(z.string().check(z.refine(isTimeZone, 'must be a time zone such as Europe/Berlin')), 'UTC'),
  /** The country of phone numbers without a country code. */
  defaultCountry: z.optional(z.string().check(z.regex(/^[A-Z]{2}$/, 'must be a country code such as US'))),
  /** The number of partitions that the users are spread over. It cannot be changed later. */
  shards: z._default(whole(1, 256), 16),
  /** The number of parts of one job that run at the same time. */
  concurrency: z._default(whole(1, 1000), 8),
  /** The limit of requests for each API key. */
  rate: z._default(z.strictObject({ perSecond: whole(1, 10_000), burst: whole(1, 20_000) }), {
    perSecond: 500,
    burst: 1000,
  }),
  /** The time for which a function caches an API key: a revoked key works for up to this time. */
  keyCacheSeconds: z._default(whole(0, 60), 60),
  /** The page of the company's app to which a password reset leads. */
  resetUrl: z.optional(z.url()),
  /** The origins of web pages that may call the API from a browser. */
  corsOrigins: z._default(z.array(Origin), []),
  /** The public domain of the API, in place of the one that AWS gives. */
  domain: z.optional(
    z.strictObject({
      name: z.string().check(z.regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'must be a host name')),
      certificateArn: z.string().check(z.startsWith('arn:')),
    }),
  ),
});
export type Settings = z.infer<typeof Settings>;

const lists = new Set(['allowedRecipients', 'operators', 'corsOrigins']);
const numbers = new Set(['shards', 'concurrency', 'keyCacheSeconds']);
const objects = new Set(['rate', 'domain']);

/** Parses a setting from the command line: lists are separated by commas, objects are JSON. */
function fromText(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (lists.has(name)) return value.split(',').filter((entry) => entry !== '');
  if (numbers.has(name)) return Number(value);
  return objects.has(name) ? fromJson(name, value) : value;
}

function fromJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`Setting "${name}" is not JSON: ${text}`);
  }
}

/** The members of an object in a file or in cdk.json. @throws Error for any other value */
function entriesOf(where: string, value: unknown): Record<string, unknown> {
  const entries = z.record(z.string(), z.unknown()).safeParse(value ?? {});
  if (!entries.success) throw new Error(`${where} must be an object of settings.`);
  return entries.data;
}

/**
 * The settings of one stage, from weakest to strongest: defaults, `roster.<stage>` in cdk.json, the JSON file named by
 * `-c settings=FILE`, and `-c name=value`.
 *
 * `context` is the whole CDK context. Names with a colon, a slash or an at sign belong to the CDK; any other name that is
 * no setting is refused, so that a typo does not deploy a default.
 */
export function settingsFrom(context: Readonly<Record<string, unknown>>): Settings {
  const { roster, settings: file, stage: named, ...rest } = context;
  const given = Object.entries(rest).filter(([name]) => /^[A-Za-z]+$/.test(name));
  const stage = String(named ?? 'dev');
  const parsed = Settings.safeParse({
    ...entriesOf(`"roster.${stage}" in cdk.json`, entriesOf('"roster" in cdk.json', roster)[stage]),
    ...(typeof file === 'string' ? entriesOf(file, fromJson(file, readFileSync(file, 'utf8'))) : {}),
    ...Object.fromEntries(given.map(([name, value]) => [name, fromText(name, value)])),
    stage,
  });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || 'settings'}: ${issue.message}`);
  throw new Error(`The settings of stage "${stage}" cannot be used:\n${faults.join('\n')}`);
}
