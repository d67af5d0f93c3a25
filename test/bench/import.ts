import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import Papa from 'papaparse';
import { userFile } from '../support/jobs/sample-files.ts';
import { emptyTable, emptyTableWithoutClient, partRunner, planFor } from './import-workload.ts';
import type { BenchRow } from './row.ts';

const ROWS = 20_000;
const TURNS = 12;

/** The processor time of this process, in milliseconds, on all cores: other load on the machine does not count. */
function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The rate at which the bytes of a part become write requests, beside papaparse over the same bytes. */
async function speed(): Promise<BenchRow> {
  const bytes = userFile(ROWS);
  const text = bytes.toString('utf8');
  const { plan, at, line } = planFor(bytes);
  const table = emptyTableWithoutClient();
  const runPart = partRunner(plan);
  let best = 0;
  let papaparse = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    let began = used();
    const rows = await runPart(bytes.subarray(at), { at, line });
    best = Math.max(best, (rows * 1000) / (used() - began));
    if (rows !== ROWS) throw new Error('rows were lost');
    began = used();
    const { data } = Papa.parse(text, { delimiter: ',' });
    papaparse = Math.max(papaparse, (data.length * 1000) / (used() - began));
  }
  if (table.requests() < (TURNS * ROWS * 4) / 25) throw new Error('writes were lost');
  return {
    what: 'import part: CSV bytes → write requests and logs, 3 identifiers a row',
    value: best,
    unit: 'rows/s/core',
    beside: [{ name: 'papaparse alone', value: papaparse }],
    ratio: best / papaparse,
    goal: '≥ 150,000',
  };
}

/** The same with the work of the SDK's client: marshalling, JSON and signatures, up to the bytes of each request. */
async function speedWithClient(): Promise<BenchRow> {
  const bytes = userFile(ROWS / 10);
  const { plan, at, line } = planFor(bytes);
  emptyTable();
  const runPart = partRunner(plan);
  let value = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const began = used();
    const rows = await runPart(bytes.subarray(at), { at, line });
    value = Math.max(value, (rows * 1000) / (used() - began));
  }
  return { what: '… with the work of the SDK up to the bytes of its requests', value, unit: 'rows/s/core' };
}

/** The memory that parts need one after the other, in a process of their own. */
function memory(rows: number): BenchRow[] {
  const script = fileURLToPath(new URL('./import-stream.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, String(rows)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const { first, last, least, most } = JSON.parse(stdout);
  const count = (some: number) => some.toLocaleString('en');
  return [
    {
      what: `import parts: memory in use after ${count(rows)} rows`,
      value: last,
      unit: 'MB',
      beside: [{ name: `after ${count(rows / 10)} rows`, value: first }],
      goal: 'flat, ≤ 150 MB',
    },
    {
      what: '… the most that the process ever held, Node and garbage included',
      value: most,
      unit: 'MB',
      beside: [{ name: 'after the first part', value: least }],
    },
  ];
}

/** Parts of an import; the memory by a stream of so many rows. */
export async function run(rows = 1_000_000): Promise<BenchRow[]> {
  return [await speed(), await speedWithClient(), ...memory(rows)];
}
