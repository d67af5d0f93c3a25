import { CannotStart } from '../process/cannot-start.ts';

/** What a request says of itself, by condition key; a key that the request does not have is absent. */
export type Context = Readonly<Record<string, readonly string[]>>;

/** One line of a `Condition` element: the key's value in the request is compared with these values. */
export type Condition = {
  readonly key: string;
  readonly values: readonly string[];
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | null;
  readonly compare: Comparison;
  readonly isNegated: boolean;
  readonly ifExists: boolean;
};

type Comparison = (value: string, wanted: string) => boolean;

/** The condition keys that requests carry here. */
const keys = new Set([
  ...['aws:SecureTransport', 'aws:SourceAccount', 'aws:SourceArn', 'dynamodb:LeadingKeys'],
  ...['s3:TlsVersion', 's3:prefix', 'ses:FromAddress'],
]);

const isLike: Comparison = (value, wanted) => matcherOf(wanted).test(value);

const operators: Readonly<Record<string, { readonly compare: Comparison; readonly isNegated?: true }>> = {
  StringEquals: { compare: (value, wanted) => value === wanted },
  StringNotEquals: { compare: (value, wanted) => value === wanted, isNegated: true },
  StringLike: { compare: isLike },
  StringNotLike: { compare: isLike, isNegated: true },
  ArnEquals: { compare: isLike },
  ArnLike: { compare: isLike },
  Bool: { compare: (value, wanted) => value.toLowerCase() === wanted.toLowerCase() },
  NumericLessThan: { compare: (value, wanted) => Number(value) < Number(wanted) },
};

const made = new Map<string, RegExp>();

/** A pattern of a policy, in which `*` stands for any characters and `?` for one, as a regular expression. */
export function matcherOf(pattern: string, flags = ''): RegExp {
  const name = `${flags} ${pattern}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const matcher = new RegExp(`^${source}$`, `s${flags}`);
  made.set(name, matcher);
  return matcher;
}

/** Reads one line of a `Condition` element. An operator or a key that is not known stops the start. */
export function readCondition(operator: string, key: string, values: readonly string[], label: string): Condition {
  const [, quantifier, name = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const known = operators[name];
  if (known === undefined) {
    throw new CannotStart(`The condition operator ${operator} (${label}) is not known to the local stack.`);
  }
  if (!keys.has(key)) throw new CannotStart(`The condition key ${key} (${label}) is not known to the local stack.`);
  return {
    key,
    values,
    quantifier: quantifier === 'ForAllValues' || quantifier === 'ForAnyValue' ? quantifier : null,
    compare: known.compare,
    isNegated: known.isNegated ?? false,
    ifExists: ifExists !== undefined,
  };
}

/**
 * Tells whether a condition holds for a request.
 *
 * A key that the request does not have fails it, but for operators that are negated or end in `IfExists`, and for
 * `ForAllValues`, which holds for no values at all.
 * Source: "IAM JSON policy elements: Condition operators", IAM user guide.
 */
export function holds({ key, values, quantifier, compare, isNegated, ifExists }: Condition, context: Context): boolean {
  const found = context[key];
  if (found === undefined || found.length === 0) return ifExists || isNegated || quantifier === 'ForAllValues';
  const passes = (value: string) => values.some((wanted) => compare(value, wanted)) !== isNegated;
  return quantifier === 'ForAllValues' ? found.every(passes) : found.some(passes);
}
