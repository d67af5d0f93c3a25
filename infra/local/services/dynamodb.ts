import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CannotStart } from '../process/cannot-start.ts';
import { endLeftBehind } from '../process/lock-file.ts';
import { freePort, loopback } from '../process/ports.ts';
import { findJava } from './java.ts';

const killWithParent = fileURLToPath(new URL('../process/kill-with-parent.ts', import.meta.url));
const configuration = fileURLToPath(new URL('./dynamodb-server.xml', import.meta.url));

export type Server = { readonly endpoint: string; stop(): Promise<void> };

/**
 * DynamoDB Local, kept in `directory`, or in memory when there is none. A server named by AWS_ENDPOINT_URL_DYNAMODB
 * is used instead of starting one.
 */
export async function startDynamoDb(options: {
  directory: string | null;
  java: string;
  /** A directory for the files that the server unpacks at each start and leaves behind. */
  temporary: string;
  preset: string | undefined;
  onFetch: () => void;
  /** Is called with the reason when the server ends by itself. */
  onGone: (why: string) => void;
}): Promise<Server> {
  if (options.preset !== undefined && options.preset !== '') {
    await answers(options.preset, () => false, 5);
    return { endpoint: options.preset.replace(/\/$/, ''), stop: async () => {} };
  }
  const java = await findJava(options.java, options.onFetch);
  const lockFile = join(options.directory ?? options.temporary, 'process.json');
  await endLeftBehind(lockFile);
  rmSync(options.temporary, { recursive: true, force: true });
  mkdirSync(options.temporary, { recursive: true });
  if (options.directory !== null) prepareDirectory(options.directory);
  const port = await freePort();
  const child = spawn(process.execPath, [killWithParent, lockFile, java, ...args(port, options)], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
    env: { ...process.env, DDB_LOCAL_TELEMETRY: '0' },
  });
  const complaint = collect(child);
  const endpoint = `http://${loopback}:${port}`;
  await answers(endpoint, () => child.exitCode !== null, 30).catch(() => {
    child.kill();
    throw new CannotStart(explain(complaint()));
  });
  const gone = () => options.onGone(explain(complaint()));
  child.once('exit', gone);
  return {
    endpoint,
    stop() {
      child.off('exit', gone);
      return stopChild(child);
    },
  };
}

/**
 * Makes the file that the server keeps its tables in, with a write-ahead log: SQLite remembers that in the file, and
 * small writes are three times as fast. A server that was killed a moment ago gets the time to let go of the file.
 */
function prepareDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'shared-local-instance.db');
  try {
    const database = new DatabaseSync(file, { timeout: 5000 });
    database.exec('PRAGMA journal_mode = WAL');
    database.close();
  } catch (error) {
    if (!(error instanceof Error && /locked/.test(error.message))) throw error;
    throw new CannotStart(`Another DynamoDB Local uses ${file}. End that java process, then start again.`);
  }
}

/** The server's own main class listens on every address; its parts, put together by Jetty, listen on one. */
function args(port: number, { directory, temporary }: { directory: string | null; temporary: string }): string[] {
  const emulator = join(
    dirname(createRequire(import.meta.url).resolve('amplify-dynamodb-simulator/package.json')),
    'emulator',
  );
  const library = join(emulator, 'DynamoDBLocal_lib');
  return [
    // The second compiler costs a third more CPU at each start, and made 10,000 writes no faster: SQLite does the work.
    // The server is small, and the JVM's own guess at threads and heap is meant for a machine of its own.
    ...[
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Xmx1g',
      `-Djava.library.path=${library}`,
      `-Djava.io.tmpdir=${temporary}`,
    ],
    ...['-Dorg.eclipse.jetty.util.log.announce=false', '-Dorg.eclipse.jetty.LEVEL=WARN'],
    ...[`-Droster.port=${port}`, `-Droster.inMemory=${directory === null}`],
    ...(directory === null ? [] : [`-Droster.directory=${directory}`]),
    // The jar's manifest names the libraries, Jetty's among them.
    ...['-cp', join(emulator, 'DynamoDBLocal.jar'), 'org.eclipse.jetty.xml.XmlConfiguration', configuration],
  ];
}

async function answers(endpoint: string, gone: () => boolean, seconds: number): Promise<void> {
  for (const until = Date.now() + seconds * 1000; Date.now() < until; ) {
    const up = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (up) return;
    if (gone()) break;
    await sleep(25);
  }
  throw new CannotStart(`No DynamoDB answers at ${endpoint}. Start one there, or unset AWS_ENDPOINT_URL_DYNAMODB.`);
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text = (text + String(chunk)).slice(-4000);
  });
  return () => text;
}

function explain(complaint: string): string {
  if (/No space left|disk is full|SQLITE_FULL/i.test(complaint)) {
    return 'The disk is full. Free some space, then start again.';
  }
  const lines = complaint.split('\n').filter((one) => /error|exception/i.test(one));
  const reason = lines.findLast((one) => one.startsWith('Caused by')) ?? lines[0] ?? 'it gives no reason';
  return `DynamoDB Local has ended: ${reason.trim()}. Start again; if it ends again, --fresh helps, which erases all local data.`;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await gone;
}
