import { compile, type Matcher } from '../../shared/domain/rules/compile.ts';
import { indexRules, type RuleIndex } from '../../shared/domain/rules/rule-index.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import type { BenchRow } from './row.ts';
import { type Flat, flat, type Rival, rivals } from './rule-rivals.ts';
import { CHANGING, LOCALE, makeRules, makeUsers, SCHEMA, seeded, valueFor } from './rule-workload.ts';

const RULES = 5_000;
const USERS = 2_000;
const ROUNDS = 5;
const PAIRS_CHECKED = 10;

/** The rule engine on 5,000 rules: all rules over users beside other libraries, and the change of one field. */
export async function run(): Promise<BenchRow[]> {
  const random = seeded(42);
  const rules = makeRules(RULES, random);
  const users = makeUsers(USERS, random);
  const index = indexRules(
    rules.map((rule, place) => ({ id: String(place), rule })),
    SCHEMA,
    LOCALE,
  );
  const others = rivals(rules);
  await haveSameAnswers(index, others, users.slice(0, PAIRS_CHECKED));
  const matchers = rules.map((rule) => compile(rule, SCHEMA, LOCALE));
  return [await everyRule(index, others, users), ...oneField(index, matchers, users, random)];
}

/** Fails when a library and the index differ in their answers, over all rules and some users. */
async function haveSameAnswers(index: RuleIndex, others: readonly Rival[], users: readonly Profile[]): Promise<void> {
  for (const user of users) {
    const expected = index.evaluate(user, 0).ids.map(Number).sort(ascending);
    if (expected.length === 0) throw new Error('A user whom no rule meets compares nothing.');
    for (const { name, matching } of others) {
      const got = [...(await matching(flat(user)))].sort(ascending);
      if (got.join() !== expected.join()) throw new Error(`${name} and the index disagree about user ${user.id}.`);
    }
  }
}

/** Users times rules a second, in the best of several rounds; the libraries run in turn. */
async function everyRule(index: RuleIndex, others: readonly Rival[], users: readonly Profile[]): Promise<BenchRow> {
  const flatUsers = users.map(flat);
  let own = 0;
  const best = others.map(() => 0);
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    own = Math.max(own, await pairsPerSecond(users, (user) => index.evaluate(user, 0).ids));
    for (const [place, { users: count, matching }] of others.entries()) {
      const some = flatUsers.slice(turn * count, (turn + 1) * count);
      best[place] = Math.max(best[place] ?? 0, await pairsPerSecond<Flat>(some, matching));
    }
  }
  return {
    what: `rule engine, ${RULES} rules over users`,
    value: round(own / 1e6, 1),
    unit: 'M user-rule pairs/s/core',
    beside: others.map(({ name }, place) => ({ name, value: round((best[place] ?? 0) / 1e6, 3) })),
    ratio: round(own / Math.max(...best), 1),
    goal: '≥ 15, ≥ 8×',
  };
}

async function pairsPerSecond<U>(
  users: readonly U[],
  ask: (user: U) => readonly unknown[] | Promise<readonly unknown[]>,
): Promise<number> {
  const start = performance.now();
  for (const user of users) {
    const answer = ask(user);
    if (answer instanceof Promise) await answer;
  }
  return (users.length * RULES * 1_000) / (performance.now() - start);
}

type Pair = readonly [before: Profile, after: Profile];

/** Microseconds for one changed field: over all fields, and for the field that takes longest. */
function oneField(
  index: RuleIndex,
  matchers: readonly Matcher[],
  users: readonly Profile[],
  random: () => number,
): BenchRow[] {
  const pairsOf = (field: string): readonly Pair[] =>
    users.map((user) => [user, { ...user, properties: { ...user.properties, [field]: valueFor(field, random) } }]);
  const byField = CHANGING.map((field) => pairsOf(field));
  const own = byField.map(() => Number.POSITIVE_INFINITY);
  let twice = Number.POSITIVE_INFINITY;
  let naive = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    for (const [place, pairs] of byField.entries()) {
      own[place] = Math.min(
        own[place] ?? 0,
        microsecondsEach(pairs, ([a, b]) => index.change(a, b, 0)),
      );
    }
    const few = byField.map((pairs) => pairs[turn] as Pair);
    twice = Math.min(
      twice,
      microsecondsEach(byField[turn] ?? few, ([a, b]) => bothImages(index, a, b)),
    );
    naive = Math.min(
      naive,
      microsecondsEach(few, ([a, b]) => flips(matchers, a, b)),
    );
  }
  const mean = own.reduce((sum, one) => sum + one, 0) / own.length;
  const worst = Math.max(...own);
  const beside = [
    { name: 'evaluating all rules, one by one', value: round(naive, 0) },
    { name: 'evaluating all rules, through the index', value: round(twice, 0) },
  ];
  const row = (what: string, value: number): BenchRow => ({
    what,
    value: round(value, 1),
    unit: 'µs',
    beside,
    ratio: round(Math.min(naive, twice) / value, 1),
    goal: '≤ 100 µs',
  });
  return [
    row(`one field changed, ${RULES} rules`, mean),
    row(`… the field that takes longest (${CHANGING[own.indexOf(worst)]})`, worst),
  ];
}

function microsecondsEach(pairs: readonly Pair[], ask: (pair: Pair) => unknown): number {
  const start = performance.now();
  for (const pair of pairs) ask(pair);
  return ((performance.now() - start) * 1_000) / pairs.length;
}

/** The difference of the index's answers for both images, without using which field changed. */
function bothImages(index: RuleIndex, before: Profile, after: Profile): readonly string[] {
  const matchedBefore = new Set(index.evaluate(before, 0).ids);
  return index.evaluate(after, 0).ids.filter((id) => !matchedBefore.has(id));
}

/** The evaluation that the index avoids: every rule over both images. */
function flips(matchers: readonly Matcher[], before: Profile, after: Profile): number {
  let count = 0;
  for (const matcher of matchers) if (matcher(before, 0).matches !== matcher(after, 0).matches) count += 1;
  return count;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function ascending(a: number, b: number): number {
  return a - b;
}
