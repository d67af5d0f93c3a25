import { answersOf } from './answers.ts';
import type { Code } from './codes.ts';
import { type Examples, slugOf } from './example.ts';
import { EXAMPLES } from './examples.ts';
import { HEADERS } from './headers.ts';
import { INTRODUCTION, TAGS } from './introduction.ts';
import { type Json, reachable } from './json-schemas.ts';
import { noted } from './notes.ts';
import type { Operation } from './operation.ts';
import { parametersOf } from './parameters.ts';
import { codeSchema, codesOf, Problem, SHARED_PROBLEMS } from './problems.ts';
import { GivenRule } from './rule.ts';

function securityOf({ scopes }: Operation): Json[] {
  return scopes.map((scope) => ({ key: [scope] }));
}

/** A body as JSON. The body of a PATCH may also be sent as a merge patch, which it is. */
function bodyOf({ method, body }: Operation, examples: Examples): Json {
  if (body === null) return {};
  const shown = examples.filter((example) => example.body !== undefined);
  const named = shown.map((example) => [slugOf(example), { summary: example.title, value: example.body }]);
  const media = { schema: body, ...(named.length > 0 && { examples: Object.fromEntries(named) }) };
  const json = { 'application/json': media };
  const content = method === 'patch' ? { ...json, 'application/merge-patch+json': media } : json;
  return { requestBody: { required: true, content } };
}

function written(operation: Operation): Json {
  const { id, tag, summary, description } = operation;
  const examples = EXAMPLES[operation.route];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== '' && { description }),
    parameters: parametersOf(operation, examples),
    ...bodyOf(operation, examples),
    responses: answersOf(operation, examples),
    security: securityOf(operation),
  };
}

/** The document of these operations. `schemas` has the schemas that operations refer to; the others are left out. */
export function documentOf(
  operations: readonly Operation[],
  version: string,
  schemas: Readonly<Record<string, Json>>,
): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: written(operation) };
  }
  const used = new Set(operations.flatMap((operation): Code[] => [...codesOf(operation).values()].flat()));
  const all = { Problem, Code: codeSchema(used), GivenRule, ...schemas };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Roster',
      version,
      description: INTRODUCTION,
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS,
    paths,
    components: {
      schemas: noted(reachable({ paths, SHARED_PROBLEMS }, all)),
      responses: SHARED_PROBLEMS,
      headers: HEADERS,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: `rk_…`' } },
    },
  };
}
