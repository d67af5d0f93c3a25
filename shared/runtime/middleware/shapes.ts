import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import type { PlacedFault } from '../../domain/errors.ts';
import type { Reading } from '../../domain/report.ts';
import { checked } from '../checked.ts';
import type { AnyContract } from '../contract.ts';
import { isTags } from '../etag.ts';
import type { ActionMiddleware } from '../pipeline.ts';
import { readQuery } from '../query.ts';
import { shaped } from '../shaped.ts';

/** The schemas of a contract without its own: no query parameter is accepted, and a body is not read. */
const NO_QUERY = z.strictObject({});
const ANYTHING = z.unknown();

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

const NOT_A_KEY: PlacedFault = {
  header: 'Idempotency-Key',
  code: 'notAllowed',
  detail: 'Give 1 to 255 visible ASCII characters.',
};

const NO_TAGS: PlacedFault = {
  header: 'If-Match',
  code: 'notAllowed',
  detail: 'Give an ETag as it was answered, such as "3", a list of them, or *.',
};

/** The `Idempotency-Key` of a call; null when there is none, or the route ignores it. */
function readIdempotencyKey(event: APIGatewayProxyEventV2, { writes }: AnyContract): Reading<string | null> {
  const header = event.headers['idempotency-key'];
  if (header === undefined || event.requestContext.http.method !== 'POST' || writes === false) return { value: null };
  const [, quoted] = /^"(.*)"$/.exec(header) ?? [];
  const key = quoted ?? header;
  return KEY_PATTERN.test(key) ? { value: key } : { faults: [NOT_A_KEY] };
}

function faultsOfIfMatch(event: APIGatewayProxyEventV2, { ifMatch }: AnyContract): readonly PlacedFault[] {
  const header = event.headers['if-match'];
  return ifMatch && header !== undefined && !isTags(header.trim()) ? [NO_TAGS] : [];
}

/**
 * Parses path, query, headers and body by their schemas (400). The faults are answered together with those that the
 * contract's check finds in the rest.
 */
export function shapes(contract: AnyContract): ActionMiddleware {
  const [pathSchema, querySchema, bodySchema] = [
    contract.path ?? ANYTHING,
    contract.query ?? NO_QUERY,
    contract.body ?? ANYTHING,
  ];
  return {
    before: ({ event, context: { state } }) => {
      const path = pathSchema.safeParse(event.pathParameters ?? {});
      const query = shaped(querySchema, readQuery(event.rawQueryString), 'query');
      const body = shaped(bodySchema, state.body.sent, 'body');
      const key = readIdempotencyKey(event, contract);
      state.path = path.success ? path.data : null;
      state.idempotencyKey = 'value' in key ? key.value : null;
      state.asked = {
        path: state.path ?? {},
        query: query.sound,
        body: body.sound,
        rawPath: event.rawPath,
        apiKey: state.apiKey,
        now: state.now,
      };
      const faults = [
        ...('faults' in key ? key.faults : []),
        ...faultsOfIfMatch(event, contract),
        ...query.faults,
        ...body.faults,
      ];
      return faults.length > 0 ? checked(contract, state.asked, faults) : undefined;
    },
  };
}
