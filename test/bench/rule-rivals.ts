import { type ConditionProperties, Engine, type TopLevelCondition } from 'json-rules-engine';
import { Query } from 'mingo';
import sift from 'sift';
import type { Condition, Rule } from '../../shared/domain/rules/rule.ts';
import type { Profile } from '../../shared/domain/users/user.ts';

/** A user as the other libraries read it: every field is a property of one object. */
export type Flat = Readonly<Record<string, unknown>>;

/** A library that evaluates the same rules: it returns the positions of those that hold for a user. */
export type Rival = {
  readonly name: string;
  /** The number of users in a round, so that a round takes about the same time for each library. */
  readonly users: number;
  readonly matching: (user: Flat) => readonly number[] | Promise<readonly number[]>;
};

export function flat({ properties, tags, status }: Profile): Flat {
  return { ...properties, ...(tags.length > 0 && { tags }), status };
}

export function rivals(rules: readonly Rule[]): readonly Rival[] {
  return [siftOf(rules), mingoOf(rules), engineOf(rules)];
}

function siftOf(rules: readonly Rule[]): Rival {
  const tests = rules.map((rule) => sift.default(queryOf(rule)));
  return { name: 'sift', users: 30, matching: (user) => placesOf(tests, (test) => test(user)) };
}

function mingoOf(rules: readonly Rule[]): Rival {
  const queries = rules.map((rule) => new Query(queryOf(rule)));
  return { name: 'mingo', users: 30, matching: (user) => placesOf(queries, (query) => query.test({ ...user })) };
}

function placesOf<T>(tests: readonly T[], holds: (test: T) => boolean): readonly number[] {
  const places: number[] = [];
  for (let place = 0; place < tests.length; place += 1) if (holds(tests[place] as T)) places.push(place);
  return places;
}

type MongoQuery = Record<string, unknown>;

/** The rule as a MongoDB query. */
function queryOf(rule: Rule): MongoQuery {
  if ('all' in rule) return { $and: rule.all.map(queryOf) };
  if ('any' in rule) return { $or: rule.any.map(queryOf) };
  if ('not' in rule) return { $nor: [queryOf(rule.not)] };
  return { [rule.field]: comparison(rule) };
}

const COMPARISONS: Readonly<Record<string, (value: never) => unknown>> = {
  is: (value) => value,
  on: (value) => value,
  in: (value) => ({ $in: value }),
  notIn: (value) => ({ $nin: value }),
  contains: (value) => ({ $regex: new RegExp(value) }),
  endsWith: (value) => ({ $regex: new RegExp(`${value}$`) }),
  lessThan: (value) => ({ $lt: value }),
  before: (value) => ({ $lt: value }),
  atMost: (value) => ({ $lte: value }),
  greaterThan: (value) => ({ $gt: value }),
  after: (value) => ({ $gt: value }),
  atLeast: (value) => ({ $gte: value }),
  between: ([from, to]: readonly number[]) => ({ $gte: from, $lte: to }),
  isTrue: () => true,
  isFalse: () => false,
  isNotTrue: () => ({ $ne: true }),
  hasAny: (value) => ({ $in: value }),
  hasAll: (value) => ({ $all: value }),
};

function comparison({ op, value }: Condition): unknown {
  const make = COMPARISONS[op];
  if (!make) throw new Error(`no query for ${op}`);
  return make(value as never);
}

function engineOf(rules: readonly Rule[]): Rival {
  const engine = new Engine([], { allowUndefinedFacts: true });
  const onText = (holds: (own: string, value: string) => boolean) => (own: unknown, value: string) =>
    typeof own === 'string' && holds(own, value);
  const onList = (holds: (own: readonly string[], value: readonly string[]) => boolean) => {
    return (own: unknown, value: readonly string[]) => Array.isArray(own) && holds(own, value);
  };
  engine.addOperator(
    'before',
    onText((own, value) => own < value),
  );
  engine.addOperator(
    'after',
    onText((own, value) => own > value),
  );
  engine.addOperator(
    'includes',
    onText((own, value) => own.includes(value)),
  );
  engine.addOperator(
    'endsWith',
    onText((own, value) => own.endsWith(value)),
  );
  engine.addOperator(
    'hasAny',
    onList((own, value) => value.some((one) => own.includes(one))),
  );
  engine.addOperator(
    'hasAll',
    onList((own, value) => value.every((one) => own.includes(one))),
  );
  for (const [place, rule] of rules.entries()) {
    engine.addRule({ conditions: topOf(rule), event: { type: String(place) }, name: String(place) });
  }
  return {
    name: 'json-rules-engine',
    users: 2,
    matching: async (user) => {
      const { events } = await engine.run({ ...user });
      return events.map(({ type }) => Number(type));
    },
  };
}

type Nested = TopLevelCondition | ConditionProperties;

function topOf(rule: Rule): TopLevelCondition {
  const nested = nestedOf(rule);
  return 'fact' in nested ? { all: [nested] } : (nested as TopLevelCondition);
}

function nestedOf(rule: Rule): Nested {
  if ('all' in rule) return { all: rule.all.map(nestedOf) };
  if ('any' in rule) return { any: rule.any.map(nestedOf) };
  if ('not' in rule) return { not: nestedOf(rule.not) };
  return factOf(rule);
}

const OPERATORS: Readonly<Record<string, string>> = {
  is: 'equal',
  on: 'equal',
  in: 'in',
  notIn: 'notIn',
  contains: 'includes',
  endsWith: 'endsWith',
  lessThan: 'lessThan',
  atMost: 'lessThanInclusive',
  greaterThan: 'greaterThan',
  atLeast: 'greaterThanInclusive',
  before: 'before',
  after: 'after',
  hasAny: 'hasAny',
  hasAll: 'hasAll',
};

function factOf({ field, op, value }: Condition): Nested {
  switch (op) {
    case 'isTrue':
    case 'isFalse':
      return { fact: field, operator: 'equal', value: op === 'isTrue' };
    case 'isNotTrue':
      return { fact: field, operator: 'notEqual', value: true };
    case 'between': {
      const [from, to] = value as readonly number[];
      return {
        all: [
          { fact: field, operator: 'greaterThanInclusive', value: from },
          { fact: field, operator: 'lessThanInclusive', value: to },
        ],
      };
    }
    default:
      return { fact: field, operator: OPERATORS[op] ?? op, value };
  }
}
