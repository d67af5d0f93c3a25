import type { Attributes } from '../../../shared/data/table/client.ts';

/** The names and values of an expression of DynamoDB, and the item that it is evaluated for; null when there is none. */
export type Scope = {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Attributes;
  readonly item: Attributes | null;
};

type Tokens = { readonly list: readonly string[]; at: number };

const tokensOf = (text: string): Tokens => ({ list: text.match(/[#:]?\w+|<=|>=|<>|[(),=<>+]/g) ?? [], at: 0 });
const next = (tokens: Tokens) => tokens.list[tokens.at++] ?? '';
const peek = (tokens: Tokens) => tokens.list[tokens.at];

function take(tokens: Tokens, word: string): boolean {
  if (peek(tokens) !== word) return false;
  tokens.at += 1;
  return true;
}

const nameOf = (token: string, { names }: Scope) => names[token] ?? token;

function operand(tokens: Tokens, scope: Scope): unknown {
  const token = next(tokens);
  if (token === 'if_not_exists') {
    take(tokens, '(');
    const name = nameOf(next(tokens), scope);
    const here = scope.item?.[name];
    take(tokens, ',');
    const other = operand(tokens, scope);
    take(tokens, ')');
    return here === undefined ? other : here;
  }
  return token.startsWith(':') ? scope.values[token] : scope.item?.[nameOf(token, scope)];
}

const functions: Record<string, (name: unknown, argument: unknown) => boolean> = {
  attribute_exists: (value) => value !== undefined,
  attribute_not_exists: (value) => value === undefined,
  begins_with: (value, prefix) => String(value).startsWith(String(prefix)),
};

const comparisons: Record<string, (a: never, b: never) => boolean> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function primary(tokens: Tokens, scope: Scope): boolean {
  if (take(tokens, '(')) {
    const inner = either(tokens, scope);
    take(tokens, ')');
    return inner;
  }
  const called = functions[peek(tokens) ?? ''];
  if (called) {
    tokens.at += 2;
    const first = operand(tokens, scope);
    const second = take(tokens, ',') ? operand(tokens, scope) : undefined;
    take(tokens, ')');
    return called(first, second);
  }
  return comparison(tokens, scope);
}

function comparison(tokens: Tokens, scope: Scope): boolean {
  const left = operand(tokens, scope);
  const operator = next(tokens);
  const right = operand(tokens, scope);
  if (operator === 'BETWEEN') {
    take(tokens, 'AND');
    const upper = operand(tokens, scope);
    return left !== undefined && String(left) >= String(right) && String(left) <= String(upper);
  }
  const compare = comparisons[operator];
  if (!compare) throw new Error(`the fake table does not know ${operator}`);
  // What is not there is unequal to everything, and in no other relation to anything.
  return left === undefined ? operator === '<>' : compare(left as never, right as never);
}

function both(tokens: Tokens, scope: Scope): boolean {
  let holds = primary(tokens, scope);
  while (take(tokens, 'AND')) holds = primary(tokens, scope) && holds;
  return holds;
}

function either(tokens: Tokens, scope: Scope): boolean {
  let holds = both(tokens, scope);
  while (take(tokens, 'OR')) holds = both(tokens, scope) || holds;
  return holds;
}

/** True when a condition, a key condition or a filter holds for an item. */
export function holds(expression: string | undefined, scope: Scope): boolean {
  return expression === undefined || either(tokensOf(expression), scope);
}

function assigned(tokens: Tokens, scope: Scope): unknown {
  take(tokens, '=');
  let value = operand(tokens, scope);
  while (take(tokens, '+')) value = Number(value) + Number(operand(tokens, scope));
  return value;
}

/** An item after an update expression of SET and REMOVE. */
export function updated(expression: string, scope: Scope): Record<string, unknown> {
  const tokens = tokensOf(expression);
  const item: Record<string, unknown> = { ...scope.item };
  for (let mode = next(tokens); mode !== ''; mode = next(tokens)) {
    do {
      const name = nameOf(next(tokens), scope);
      if (mode === 'REMOVE') delete item[name];
      else item[name] = assigned(tokens, scope);
    } while (take(tokens, ','));
  }
  return item;
}
