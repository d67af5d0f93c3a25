import fc from 'fast-check';
import { expect, describe as suite, test } from 'vitest';
import { canonical } from '../../shared/domain/rules/canonical.ts';
import { compile } from '../../shared/domain/rules/compile.ts';
import { describe } from '../../shared/domain/rules/describe.ts';
import { NEGATIVE_OF } from '../../shared/domain/rules/operator-words.ts';
import { type Condition, conditionsOf, Rule } from '../../shared/domain/rules/rule.ts';
import { indexRules } from '../../shared/domain/rules/rule-index.ts';
import { check } from '../../shared/domain/rules/schema.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import { agedRules, checked, conditions, LOCALE, profiles, rules, SCHEMA } from '../support/rules/arbitrary-rules.ts';
import { truthOf } from '../support/rules/plain-rules.ts';

const NOW = Date.UTC(2026, 2, 29);
const matches = (rule: Rule, profile: Profile) => compile(rule, SCHEMA, LOCALE)(profile, NOW).matches;
const plainly = (rule: Rule, profile: Profile) => truthOf(rule, profile, SCHEMA, LOCALE.timeZone) === 2;

suite('a compiled rule', () => {
  test('answers as the language is described, archived properties and values of other types included', () => {
    fc.assert(
      fc.property(agedRules, profiles, (rule, profile) => {
        expect(matches(rule, profile)).toBe(plainly(rule, profile));
      }),
      { numRuns: 5_000 },
    );
  });

  test('and its negation divide the users, unless it is unusable', () => {
    fc.assert(
      fc.property(rules, profiles, (rule, profile) => {
        expect(matches({ not: rule }, profile)).toBe(!matches(rule, profile));
      }),
      { numRuns: 2_000 },
    );
  });

  test('with a negative operator is the negation of the one with its positive', () => {
    const positives = conditions.map(checked).filter((rule) => 'op' in rule && NEGATIVE_OF.has(rule.op));
    fc.assert(
      fc.property(positives, profiles, (rule, profile) => {
        const positive = conditionsOf(rule)[0];
        const op = NEGATIVE_OF.get(positive?.op ?? '') ?? '';
        // A time of day is the one kind of field that has `is` without `isNot`.
        fc.pre(positive?.field !== 'callAt');
        const negative = checked({ ...positive, op });
        expect(matches(negative, profile)).toBe(!matches(rule, profile));
      }),
      { numRuns: 2_000 },
    );
  });

  test('depends on time nowhere, so its answer is valid for ever', () => {
    fc.assert(
      fc.property(rules, profiles, fc.integer(), (rule, profile, now) => {
        expect(compile(rule, SCHEMA, LOCALE)(profile, now)).toEqual({
          matches: matches(rule, profile),
          validUntil: null,
        });
      }),
    );
  });
});

suite('an index over rules', () => {
  const named = (list: readonly Rule[]) => list.map((rule, place) => ({ id: `r${place}`, rule }));
  const expected = (list: readonly Rule[], profile: Profile | null) =>
    list.flatMap((rule, place) => (profile && plainly(rule, profile) ? [`r${place}`] : []));

  test('finds exactly the rules that hold', () => {
    fc.assert(
      fc.property(fc.array(agedRules, { maxLength: 30 }), fc.array(profiles, { maxLength: 5 }), (list, users) => {
        const index = indexRules(named(list), SCHEMA, LOCALE);
        for (const user of users) {
          expect([...index.evaluate(user, NOW).ids].sort()).toEqual([...expected(list, user)].sort());
        }
      }),
      { numRuns: 500 },
    );
  });

  test('gives exactly the rules that flip for any change', () => {
    const user = fc.option(profiles, { nil: null });
    // Most changes touch a field or two; two unrelated profiles differ in nearly all of them.
    const slight = fc.tuple(profiles, profiles, fc.integer()).map(([from, to, which]): [Profile, Profile] => {
      const keys = Object.keys(to.properties);
      const key = keys[Math.abs(which) % (keys.length || 1)] ?? 'plan';
      const value = to.properties[key] ?? 'pro';
      return [from, { ...from, properties: { ...from.properties, [key]: value } }];
    });
    const changes = fc.oneof(slight, fc.tuple(user, user));
    fc.assert(
      fc.property(fc.array(agedRules, { maxLength: 30 }), fc.array(changes, { maxLength: 5 }), (list, pairs) => {
        const index = indexRules(named(list), SCHEMA, LOCALE);
        for (const [before, after] of pairs) {
          const was = expected(list, before);
          const is = expected(list, after);
          const { entered, left } = index.change(before, after, NOW);
          expect([...entered].sort()).toEqual(is.filter((id) => !was.includes(id)).sort());
          expect([...left].sort()).toEqual(was.filter((id) => !is.includes(id)).sort());
          expect(index.touched(before, after)).toEqual(expect.arrayContaining([...entered, ...left]));
        }
      }),
      { numRuns: 500 },
    );
  });
});

suite('a checked rule', () => {
  test('checked again is itself, and is what the stored form reads', () => {
    fc.assert(
      fc.property(rules, (rule) => {
        expect(check(rule, SCHEMA, LOCALE)).toEqual({ rule });
        expect(Rule.parse(JSON.parse(JSON.stringify(rule)))).toEqual(rule);
      }),
    );
  });

  test('has a canonical writing that answers alike, and is its own', () => {
    fc.assert(
      fc.property(rules, profiles, (rule, profile) => {
        const same = canonical(rule);
        expect(matches(same, profile)).toBe(matches(rule, profile));
        expect(canonical(same)).toEqual(same);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is said with every field and value in it', () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const said = describe(rule);
        for (const condition of conditionsOf(rule)) {
          for (const word of wordsOf(condition)) expect(said).toContain(word);
        }
      }),
    );
  });

  test('reads as another exactly when their canonical writings are equal', () => {
    const alike = rules.chain((rule) => fc.tuple(fc.constant(rule), fc.oneof(shuffled(rule), rules)));
    fc.assert(
      fc.property(alike, ([a, b]) => {
        const equal = JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
        expect(describe(a) === describe(b)).toBe(equal);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        rules.chain((rule) => fc.tuple(fc.constant(rule), shuffled(rule))),
        ([a, b]) => {
          expect(describe(b)).toBe(describe(a));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** The field of a condition and every value in it. */
function wordsOf({ field, value }: Condition): readonly string[] {
  if (typeof value !== 'object') return value === undefined ? [field] : [field, String(value)];
  return [field, ...Object.values(value).map(String)];
}

/** The same rule in other words: parts and listed values in another order, some twice, wrapped and negated twice. */
function shuffled(rule: Rule): fc.Arbitrary<Rule> {
  const more = (parts: readonly Rule[]): fc.Arbitrary<readonly Rule[]> =>
    fc
      .tuple(...parts.map(shuffled))
      .chain((list) => fc.shuffledSubarray([...list, ...list.slice(0, 1)], { minLength: list.length + 1 }));
  if ('all' in rule) return more(rule.all).map((all) => ({ all }));
  if ('any' in rule) return more(rule.any).map((any) => ({ any }));
  if ('not' in rule) return shuffled(rule.not).map((not) => ({ not }));
  const isSet = /^(in|notIn|has|lacks)/.test(rule.op) && Array.isArray(rule.value);
  const same = isSet ? { ...rule, value: (rule.value as readonly string[]).toReversed() } : rule;
  return fc.constantFrom<Rule>(same, { all: [same] }, { any: [same, same] }, { not: { not: same } });
}
