import type { Attributes } from './client.ts';

/** An expression of DynamoDB with its names and values. Text of a user stands in the values only. */
export type Expression = {
  readonly expression: string;
  readonly values?: Attributes;
  readonly names?: Readonly<Record<string, string>>;
};

/** The names and values of several expressions, as parameters of a call. */
export function placeholdersOf(...expressions: readonly (Expression | undefined)[]) {
  const values: Record<string, unknown> = Object.assign({}, ...expressions.map((one) => one?.values));
  const names: Record<string, string> = Object.assign({}, ...expressions.map((one) => one?.names));
  return {
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
  };
}

/** A condition as parameters of a write. */
export function conditionOf(condition: Expression | undefined) {
  return condition ? { ConditionExpression: condition.expression } : {};
}
