import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { adviceFor } from './process/cannot-start.ts';
import { openDataDirectory } from './process/data-directory.ts';
import { watchDisk } from './process/disk.ts';
import { greeting } from './process/greeting.ts';
import { createLog } from './process/log.ts';
import { readOptions } from './process/options.ts';
import { watchNpm } from './process/parent.ts';

const started = performance.now();

// The data may be personal: files and directories of this process and of those that it starts are the user's alone.
process.umask(0o077);

// Lambda runs in UTC and knows no profile of the person at the keyboard.
process.env.TZ = 'UTC';
process.env.AWS_CONFIG_FILE = devNull;
process.env.AWS_SHARED_CREDENTIALS_FILE = devNull;

const longestCloseMs = 3_000;
/** npm forwards an interrupt that the terminal has sent to all processes already. */
const sameInterruptMs = 500;
const closers: (() => unknown)[] = [];
/** When the stop began, in milliseconds of this process. */
let closing: number | null = null;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
watchNpm(() => end(0));
process.on('uncaughtException', (error) => fail(error));
process.on('unhandledRejection', (error) => fail(error));

await start().catch(fail);

async function start(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  const log = createLog(options);
  const { state, ledger, forget } = openDataDirectory(options);
  process.once('exit', forget);
  closers.push(() => ledger.close());
  watchDisk(state, (text) => process.stderr.write(`${text}\n`));
  const { startStack } = await import('./stack.ts');
  const stack = await startStack({ options, state, ledger, log, onClose: (close) => closers.push(close) });
  if (closing !== null) return;
  const file = join(options.data, 'local.json');
  process.once('exit', () => rmSync(file, { force: true }));
  // A script that waits for the file must never see half of it.
  writeFileSync(`${file}.new`, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  log.say(greeting(stack, options.data, (performance.now() - started) / 1000));
}

function fail(error: unknown): void {
  // While the stack stops, calls fail that lost their server.
  if (closing !== null) return;
  const advice = adviceFor(error);
  process.stderr.write(`${advice ?? (error instanceof Error ? error.stack : String(error))}\n`);
  end(1);
}

/** Ends every part, the last one first. A second interrupt does not wait for them. */
function end(code: number): void {
  if (closing !== null) {
    if (performance.now() - closing > sameInterruptMs) process.exit(130);
    return;
  }
  closing = performance.now();
  void (async () => {
    for (const close of closers.reverse()) {
      // A part that does not end in time is left: its data is on the disk already, as it is when the power fails.
      await Promise.race([
        Promise.resolve()
          .then(close)
          .catch(() => {}),
        sleep(longestCloseMs),
      ]);
    }
    process.exit(code);
  })();
}
