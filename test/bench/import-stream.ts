/*
 * Applies a stream of so many rows, part by part as an import does, and says what memory that took:
 *
 *   node test/bench/import-stream.ts 10000000
 *
 * It is a program of its own, so that memory of other benchmarks does not count.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { userChunks } from '../support/jobs/sample-files.ts';
import { emptyTableWithoutClient, partRunner, planFor } from './import-workload.ts';

/** As large as the parts of an import are. */
const PART = 4 * 1024 * 1024;
const LF = 0x0a;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const MB = 1024 * 1024;

/** The memory in use after a garbage collection, in MB. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MB;
}

/** The bytes of the file in parts that end between rows: no cell of it holds a newline. */
function* partsOf(rows: number): Generator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for (const chunk of userChunks(rows)) {
    waiting.push(chunk);
    size += chunk.length;
    if (size < PART) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    size = 0;
  }
  yield Buffer.concat(waiting);
}

const rows = Number(process.argv[2]);
emptyTableWithoutClient();
let applied = 0;
let first = 0;
let least = 0;
let most = 0;
let run: ReturnType<typeof partRunner> | undefined;
let line = 2;
for (const part of partsOf(rows)) {
  const from = run ? 0 : part.indexOf(LF) + 1;
  run ??= partRunner(planFor(part).plan);
  const done = await run(part.subarray(from), { at: from, line });
  applied += done;
  line += done;
  const used = process.memoryUsage().rss / MB;
  if (least === 0) least = used;
  most = Math.max(most, used);
  if (first === 0 && applied >= rows / 10) first = inUse();
}
if (applied !== rows) throw new Error('rows were lost');
process.stdout.write(JSON.stringify({ first, last: inUse(), least, most }));
