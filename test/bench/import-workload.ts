import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { applyBatch, batchesOf } from '../../shared/app/imports/part.ts';
import { readerBy } from '../../shared/app/imports/reader.ts';
import { connect, connected } from '../../shared/data/table/client.ts';
import { frameOf } from '../../shared/domain/csv/frame.ts';
import { planColumns } from '../../shared/domain/csv/headers.ts';
import { outcomeWriter } from '../../shared/domain/imports/outcome.ts';
import type { ImportPlan } from '../../shared/domain/imports/plan.ts';
import { schemaOf } from '../../shared/domain/properties/property.ts';
import { customProperty } from '../support/arbitrary/property.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');

const schema = schemaOf([
  customProperty('plan', 'text'),
  customProperty('seats', 'number'),
  customProperty('renewsOn', 'date'),
]);

/** The plan of an import for a file that begins with these bytes, and the offset of its first row. */
export function planFor(head: Uint8Array) {
  const frame = frameOf(head, false);
  if ('failure' in frame) throw new Error(frame.failure.code);
  const columns = planColumns(frame, { mapping: {}, unknownColumns: 'create' }, schema);
  if ('failure' in columns) throw new Error(columns.failure.code);
  const plan: ImportPlan = {
    startedAt: NOW,
    source: { key: '', versionId: null, etag: null },
    offset: 0,
    delimiter: frame.delimiter,
    header: [...frame.header],
    columns: [...columns.columns],
    failedColumns: { raw: false, surplus: 0 },
    options: { badCells: 'skip', onConflict: 'update', blankCells: 'keep', tags: 'merge', addTags: [] },
    locale: { timeZone: 'UTC', defaultCountry: null, dateFormat: 'ymd', decimal: 'none' },
    rows: 0,
    parts: [],
  };
  return { plan, at: frame.from, line: frame.line };
}

/** Answers a request over the wire as an empty table does. */
async function answer({ headers, body }: { headers: Record<string, string>; body: Uint8Array }) {
  const isInsert = headers['x-amz-target']?.endsWith('BatchExecuteStatement');
  const inserts: unknown[] = isInsert ? JSON.parse(new TextDecoder().decode(body)).Statements : [];
  const content = isInsert ? { Responses: inserts.map(() => ({})) } : {};
  return { response: { statusCode: 200, headers: {}, body: Buffer.from(JSON.stringify(content)) } };
}

/** A table without users that accepts every write, behind a client of the SDK without a network. */
export function emptyTable(): void {
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: 'http://table',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: { handle: answer } as never,
  });
  client.middlewareStack.remove('loggerMiddleware');
  connect({ client, table: 'roster', secret: 'secret', shards: 16, onUnreadable: () => {} });
}

/** The same without the client: what is left is what Roster itself does. */
export function emptyTableWithoutClient(): { readonly requests: () => number } {
  let requests = 0;
  emptyTable();
  const send = async ({ input }: { input: { Statements?: unknown[] } }) => {
    requests += 1;
    return { Responses: input.Statements ? input.Statements.map(() => ({})) : {} };
  };
  Object.assign(connected().client, { send });
  return { requests: () => requests };
}

/** Applies the bytes of a part as an import does, and keeps its outcomes in memory until the logs are written. */
export function partRunner(plan: ImportPlan) {
  const reader = readerBy('imp_bench', plan, schema);
  return async (bytes: Uint8Array, from: { readonly at: number; readonly line: number }): Promise<number> => {
    const logs = outcomeWriter(plan);
    let rows = 0;
    for (const batch of batchesOf(bytes, plan, from)) {
      const { outcomes } = await applyBatch(batch, reader, new Set(), NOW);
      logs.add(outcomes);
      rows += outcomes.length;
    }
    if (logs.written().index.log.length !== rows * 2) throw new Error('rows were lost');
    return rows;
  };
}
