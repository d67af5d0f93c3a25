import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { run as batches } from './batches.ts';
import { run as bundles } from './bundles.ts';
import { run as exporting } from './export.ts';
import { run as handler } from './handler.ts';
import { run as importing } from './import.ts';
import { run as local } from './local.ts';
import type { BenchRow } from './row.ts';
import { run as rules } from './rules.ts';

/** Each benchmark by the name that picks it: `npm run bench -- rules bundles`. `import 10000000` streams so many rows. */
const benchmarks = { rules, import: importing, export: exporting, handler, batches, bundles, local };

const number = (value: number) =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

function line({ what, value, unit, beside = [], ratio, goal }: BenchRow): string {
  const others = beside.map((one) => `${one.name}: ${number(one.value)}`).join('; ');
  const cells = [
    what,
    `${number(value)} ${unit}`,
    others || '–',
    ratio === undefined ? '–' : number(ratio),
    goal ?? '–',
  ];
  return `| ${cells.join(' | ')} |`;
}

const asked = process.argv.slice(2).filter((word) => word in benchmarks);
const size = process.argv.slice(2).find((word) => /^\d+$/.test(word));
const chosen = Object.entries(benchmarks).filter(([name]) => asked.length === 0 || asked.includes(name));
const rows: BenchRow[] = [];
for (const [name, run] of chosen) {
  process.stderr.write(`${name} …\n`);
  rows.push(...(await run(size === undefined ? undefined : Number(size))));
}
const machine = `${cpus().length} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`;
process.stdout.write(`| what | Roster | beside it, in the same run | ratio | goal |\n|---|---|---|---|---|\n`);
process.stdout.write(`${rows.map(line).join('\n')}\n\n${machine}\n`);
if (process.argv.length === 2) {
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
}
