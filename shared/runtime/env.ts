import type { Locale } from '../domain/values/value.ts';

/** The value of an environment variable, which `infra` sets. */
function text(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`the function lacks its setting ${name}`);
  return value;
}

function list(name: string): readonly string[] {
  return text(name)
    .split(',')
    .filter((one) => one !== '');
}

function number(name: string): number {
  const value = Number(text(name));
  if (!Number.isFinite(value)) throw new Error(`the setting ${name} is not a number`);
  return value;
}

/**
 * The settings of the running function. Each is read from the environment when it is used, since a function has only the
 * variables that it needs.
 */
export const env = {
  get stage() {
    return text('STAGE');
  },
  /** True for a function that may call the table. */
  get hasTable() {
    return process.env.TABLE !== undefined;
  },
  get table() {
    return text('TABLE');
  },
  get secret() {
    return text('SECRET');
  },
  get bucket() {
    return text('BUCKET');
  },
  /** The public address of the API, without a slash at its end: links in mails begin with it. */
  get apiUrl() {
    return text('API_URL');
  },
  get shards() {
    return number('SHARDS');
  },
  /** The locale by which values are parsed, unless a request has another. */
  get locale(): Locale {
    return {
      timeZone: text('TIME_ZONE'),
      defaultCountry: text('DEFAULT_COUNTRY') || null,
      dateFormat: 'ymd',
      decimal: 'none',
    };
  },
  get rate() {
    return { perSecond: number('RATE_PER_SECOND'), burst: number('RATE_BURST') };
  },
  /** The time for which a process caches an API key, in milliseconds. */
  get keyLife() {
    return number('KEY_CACHE_SECONDS') * 1000;
  },
  get sender() {
    return text('SENDER');
  },
  get allowedRecipients() {
    return list('ALLOWED_RECIPIENTS');
  },
  get operators() {
    return list('OPERATORS');
  },
  get importMachine() {
    return text('IMPORT_MACHINE');
  },
  get exportMachine() {
    return text('EXPORT_MACHINE');
  },
  get segmentWalkMachine() {
    return text('SEGMENT_WALK_MACHINE');
  },
  get repairQueue() {
    return text('REPAIR_QUEUE');
  },
};
