import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import Papa from 'papaparse';
import { connect } from '../../shared/data/table.ts';
import { frameOf } from '../../shared/domain/csv/frame.ts';
import { planColumns } from '../../shared/domain/csv/headers.ts';
import type { Outcome } from '../../shared/domain/import/outcome.ts';
import type { ImportPlan } from '../../shared/domain/import/plan.ts';
import { type Property, SYSTEM_PROPERTIES, schemaOf } from '../../shared/domain/property.ts';
import { applyBatch, batchesOf } from '../../shared/work/import-part.ts';
import { readingBy } from '../../shared/work/import-run.ts';
import { userFile } from '../support/sample-files.ts';
import type { BenchRow } from './row.ts';

const ROWS = 20_000;
const TURNS = 8;
const NOW = Date.parse('2026-01-31T09:30:00.000Z');

const declared = (key: string, type: Property['type']): Property => ({
  ...(SYSTEM_PROPERTIES.user[0] as Property),
  key,
  label: key,
  type,
  origin: 'custom',
  identifier: false,
});
const schema = schemaOf([declared('plan', 'text'), declared('seats', 'number'), declared('renewsOn', 'date')]);

/** A file of users, and how an import reads it. */
function file() {
  const bytes = userFile(ROWS);
  const frame = frameOf(bytes, true);
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
    options: { onConflict: 'update', blankCells: 'keep', tags: 'merge', addTags: [] },
    locale: { timeZone: 'UTC', defaultCountry: null, dateFormat: 'ymd', decimal: 'none' },
    rows: ROWS,
    parts: [],
  };
  return { bytes: bytes.subarray(frame.from), text: bytes.toString('utf8'), plan, at: frame.from, line: frame.line };
}

/** A table in which nobody is yet, and which takes every write: what is left is what Roster itself does. */
function emptyTable(): { readonly requests: () => number } {
  let requests = 0;
  const send = async ({ input }: { input: { Statements?: unknown[] } }) => {
    requests += 1;
    return { Responses: input.Statements ? input.Statements.map(() => ({})) : {} };
  };
  connect({ client: { send } as unknown as DynamoDBClient, table: 'roster', secret: 'secret', shards: 16 });
  return { requests: () => requests };
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What is in use once everything is let go that can be, in MB. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}

/** The processor time that was used, in milliseconds, on whichever core: what others do on the machine counts for nothing. */
function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** How fast the bytes of a part become write requests, beside papaparse over the same bytes. */
export async function run(): Promise<BenchRow[]> {
  const { bytes, text, plan, at, line } = file();
  const table = emptyTable();
  const reading = readingBy('imp_bench', plan, schema);
  const memory: number[] = [];
  let best = 0;
  let papaparse = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    // A part keeps what became of its rows until it writes its logs.
    const outcomes: Outcome[] = [];
    let began = used();
    for (const batch of batchesOf(bytes, plan, { at, line })) {
      outcomes.push(...(await applyBatch(batch, reading, new Set(), NOW)).outcomes);
    }
    best = Math.max(best, (outcomes.length * 1000) / (used() - began));
    memory.push(inUse());
    if (outcomes.length !== ROWS) throw new Error('rows were lost');
    began = used();
    const { data } = Papa.parse(text, { delimiter: ',' });
    papaparse = Math.max(papaparse, (data.length * 1000) / (used() - began));
  }
  if (table.requests() < (TURNS * ROWS * 4) / 25) throw new Error('writes were lost');
  return [
    {
      what: 'import part: CSV bytes → write requests, 3 identifiers a row',
      value: best,
      unit: 'rows/s/core',
      beside: [{ name: 'papaparse alone', value: papaparse }],
      ratio: best / papaparse,
      goal: '≥ 150,000',
    },
    {
      what: `import part: memory in use after ${ROWS * TURNS} rows`,
      value: memory.at(-1) ?? 0,
      unit: 'MB',
      beside: [{ name: `after ${ROWS} rows`, value: memory[0] ?? 0 }],
      goal: 'flat, ≤ 150 MB',
    },
  ];
}
