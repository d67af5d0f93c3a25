import { CannotStart } from '../process/cannot-start.ts';
import { isObject, type Json, type JsonObject } from '../process/json.ts';

/** Resolves the references of one template. */
export type Scope = {
  ref(name: string): Json;
  attribute(logicalId: string, name: string): Json;
  imported(name: string): Json;
};

/** Replaces the intrinsic functions of a template by their values; one that is not known stops the start. */
export function resolve(value: Json, scope: Scope): Json {
  if (Array.isArray(value)) return value.map((one) => resolve(one, scope)).filter((one) => one !== noValue);
  if (!isObject(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    const intrinsic = intrinsics[name];
    if (intrinsic === undefined)
      throw new CannotStart(`The template function ${name} is not known to the local stack.`);
    return intrinsic(value[name] ?? null, scope);
  }
  const entries = Object.entries(value).map(([key, one]) => [key, resolve(one, scope)] as const);
  return Object.fromEntries(entries.filter(([, one]) => one !== noValue));
}

/** Stands for `AWS::NoValue`, which takes the property away that it is given to. */
export const noValue = 'AWS::NoValue';

const intrinsics: Record<string, (argument: Json, scope: Scope) => Json> = {
  Ref: (argument, scope) => scope.ref(text(argument)),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...name] = Array.isArray(argument) ? argument.map(text) : text(argument).split('.');
    return scope.attribute(logicalId ?? '', name.join('.'));
  },
  'Fn::ImportValue': (argument, scope) => scope.imported(text(resolve(argument, scope))),
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = list(argument);
    return list(resolve(parts ?? null, scope))
      .map(text)
      .join(text(separator ?? null));
  },
  'Fn::Select': (argument, scope) => {
    const [index, values] = list(argument);
    return list(resolve(values ?? null, scope))[Number(index)] ?? noValue;
  },
  'Fn::Split': (argument, scope) => {
    const [separator, value] = list(argument);
    return text(resolve(value ?? null, scope)).split(text(separator ?? null));
  },
  'Fn::Sub': (argument, scope) => {
    const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return substitute(text(template ?? null), isObject(variables) ? variables : {}, scope);
  },
};

function substitute(template: string, variables: JsonObject, scope: Scope): string {
  return template.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    const own = variables[name];
    if (own !== undefined) return text(resolve(own, scope));
    const dot = name.indexOf('.');
    return text(dot < 0 ? scope.ref(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1)));
  });
}

function list(value: Json): Json[] {
  if (!Array.isArray(value)) throw new CannotStart(`A template function needs a list, not ${JSON.stringify(value)}.`);
  return value;
}

function text(value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new CannotStart(`A template function needs a text, not ${JSON.stringify(value)}.`);
}
