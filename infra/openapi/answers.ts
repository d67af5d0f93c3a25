import { type Examples, slugOf } from './example.ts';
import { headersOfAnswer, ownHeadersOf } from './headers.ts';
import type { Json } from './json-schemas.ts';
import type { Operation } from './operation.ts';
import { codesOf, problem, problemAnswer } from './problems.ts';

/** The answers that examples show, of one status, under their names. */
function examplesOf(examples: Examples, status: number): Json {
  const shown = examples.filter((example) => example.status === status && example.answer !== undefined);
  if (shown.length === 0) return {};
  return {
    examples: Object.fromEntries(
      shown.map((example) => [slugOf(example), { summary: example.title, value: example.answer }]),
    ),
  };
}

const DONE: Readonly<Record<number, string>> = {
  201: 'It is made. `Location` says where it is.',
  202: 'It is accepted and runs on. `Location` says where to see how far it is.',
  204: 'It is done. The answer has no body.',
  302: 'The file is at `Location`.',
  304: 'The version is still one of those in `If-None-Match`. The answer has no body.',
};

/** The meaning of an answer that is no problem. */
function meaningOf({ method, hasVersion, writes }: Operation, status: number): string {
  if (status !== 200) return DONE[status] ?? '';
  if (method === 'head') return 'A `GET` would be answered. The answer has no body.';
  if (!writes)
    return method === 'get' ? 'The thing, page or file that was asked for.' : 'The answer. Nothing is changed.';
  return hasVersion ? 'The thing as it now is.' : 'It is done, and this is what became of it.';
}

/** HEAD says that GET would redirect, and does not redirect. */
const statusOf = ({ method }: Operation, status: number) => (method === 'head' && status === 302 ? 200 : status);

/** Media types with their schemas by status: the JSON of the contract, and what is answered in its place. */
function contentsOf(operation: Operation): Map<number, Json> {
  const { status, output, replies, hasVersion, method } = operation;
  const others = Object.entries(replies).map(([code, type]): [number, Json] => [
    statusOf(operation, Number(code)),
    type === '' ? {} : { [type]: { schema: { type: type.endsWith('json') ? 'object' : 'string' } } },
  ]);
  const json: [number, Json][] = output ? [[status, { 'application/json': { schema: output } }]] : [];
  const empty: [number, Json][] = !output && others.length === 0 ? [[status, {}]] : [];
  const unchanged: [number, Json][] = hasVersion && method === 'get' ? [[304, {}]] : [];
  return new Map([...json, ...empty, ...unchanged, ...others]);
}

/** Content with the examples of its status. */
function withExamples(content: Json, examples: Examples, status: number): Json {
  const shown = examplesOf(examples, status);
  return Object.fromEntries(Object.entries(content).map(([type, media]) => [type, { ...Object(media), ...shown }]));
}

/** An answer to HEAD: the answer to GET with all its headers, and without its body. */
const withoutBody = ({ content: _, ...answer }: Json): Json => answer;

/** All answers of an operation by status, as OpenAPI writes them. */
export function answersOf(operation: Operation, examples: Examples): Json {
  const contents = contentsOf(operation);
  const done = [...contents].filter(([status]) => status < 400);
  const good = done.map(([status, content]): [number, Json] => [
    status,
    {
      description: meaningOf(operation, status),
      headers: headersOfAnswer(operation, status),
      ...(Object.keys(content).length > 0 && { content: withExamples(content, examples, status) }),
    },
  ]);
  const bad = [...codesOf(operation)].map(([status, codes]): [number, Json] => {
    const beside = {
      headers: ownHeadersOf(operation, status),
      pages: contents.get(status) ?? {},
      examples: examplesOf(examples, status),
    };
    return [
      status,
      operation.method === 'head' ? problem(status, codes, beside) : problemAnswer(status, codes, beside),
    ];
  });
  const all = [...good, ...bad];
  if (operation.method !== 'head') return Object.fromEntries(all);
  return Object.fromEntries(all.map(([status, answer]) => [status, withoutBody(answer)]));
}
