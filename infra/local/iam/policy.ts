import * as z from 'zod/mini';
import { CannotStart } from '../process/cannot-start.ts';
import type { Json } from '../process/json.ts';
import { type Condition, type Context, holds, matcherOf, readCondition } from './conditions.ts';

/** One statement of a policy. `principals` is null in a policy of a role, which is about nobody else. */
export type Statement = {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
  readonly principals: readonly string[] | null;
};

/** Something that a request does: one action on one resource. */
export type Access = { readonly action: string; readonly resource: string; readonly context?: Context };

/** An action and a resource as a statement spells them. */
export type Grant = { readonly statement: Statement; readonly action: string; readonly resource: string };

/** What policies say of an access: a grant that allows it, a statement that denies it, or nothing. */
export type Verdict = { readonly allowedBy: Grant } | 'denied' | 'not allowed';

const oneOrMore = z.union([z.string(), z.array(z.string())]);
const value = z.union([z.string(), z.boolean(), z.number()]);

const Document = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.optional(z.string()),
  Statement: z.union([z.array(z.json()), z.json()]),
});

const RawStatement = z.strictObject({
  Sid: z.optional(z.string()),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.optional(z.union([z.literal('*'), z.record(z.string(), oneOrMore)])),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z.optional(z.record(z.string(), z.record(z.string(), z.union([value, z.array(value)])))),
});

/** The actions whose requests name the partition keys that they reach. */
const keyed = /^dynamodb:(Get|Put|Update|Delete|ConditionCheck|BatchGet|BatchWrite)Item$/;

/** Reads a policy document. An element that is not known, or a policy variable, stops the start with its name. */
export function readPolicy(document: Json, label: string): Statement[] {
  const { Statement } = parsed(Document, document, label);
  return (Array.isArray(Statement) ? Statement : [Statement]).map((one) => readStatement(one, label));
}

function readStatement(raw: Json, label: string): Statement {
  const { Effect, Principal, Action, Resource, Condition = {} } = parsed(RawStatement, raw, label);
  const statement: Statement = {
    effect: Effect,
    actions: [Action].flat(),
    resources: [Resource].flat(),
    principals: Principal === undefined ? null : principalsOf(Principal),
    conditions: Object.entries(Condition).flatMap(([operator, lines]) =>
      Object.entries(lines).map(([key, values]) => readCondition(operator, key, [values].flat().map(String), label)),
    ),
  };
  assertKnown(statement, label);
  return statement;
}

/** `Service: "events.amazonaws.com"` → `Service:events.amazonaws.com`. */
function principalsOf(principal: '*' | Record<string, string | string[]>): string[] {
  if (principal === '*') return ['AWS:*'];
  return Object.entries(principal).flatMap(([kind, names]) => [names].flat().map((name) => `${kind}:${name}`));
}

function assertKnown({ actions, resources, conditions }: Statement, label: string): void {
  const texts = [...actions, ...resources, ...conditions.flatMap(({ values }) => values)];
  const variable = texts.find((text) => text.includes('${'));
  if (variable !== undefined) {
    throw new CannotStart(`The policy variable in ${variable} (${label}) is not known to the local stack.`);
  }
  const other = actions.find((action) => !keyed.test(action));
  if (other !== undefined && conditions.some(({ key }) => key === 'dynamodb:LeadingKeys')) {
    throw new CannotStart(`dynamodb:LeadingKeys for ${other} (${label}) is not known to the local stack.`);
  }
}

function parsed<T extends z.ZodMiniType>(schema: T, raw: Json, label: string): z.output<T> {
  const result = z.safeParse(schema, raw);
  if (result.success) return result.data;
  const { issues } = result.error;
  // An element that is not known explains best why another one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw new CannotStart(`A policy (${label}) is not known to the local stack.`);
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys : [])].join('.');
  throw new CannotStart(`The policy element ${path} (${label}) is not known to the local stack: ${issue.message}.`);
}

/** The grant by which a statement is about an access; null when it is not. */
function grantIn(statement: Statement, { action, resource, context = {} }: Access): Grant | null {
  const named = statement.actions.find((pattern) => matcherOf(pattern, 'i').test(action));
  const place = statement.resources.find((pattern) => matcherOf(pattern).test(resource));
  if (named === undefined || place === undefined) return null;
  return statement.conditions.every((condition) => holds(condition, context))
    ? { statement, action: named, resource: place }
    : null;
}

/**
 * Says what statements make of an access: a denial wins over every grant, and what nothing allows is not allowed.
 * Source: "Policy evaluation logic", IAM user guide.
 */
export function verdictOf(statements: readonly Statement[], access: Access): Verdict {
  let allowedBy: Grant | null = null;
  for (const statement of statements) {
    const grant = grantIn(statement, access);
    if (grant !== null && statement.effect === 'Deny') return 'denied';
    if (grant !== null) allowedBy ??= grant;
  }
  return allowedBy === null ? 'not allowed' : { allowedBy };
}
