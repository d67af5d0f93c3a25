import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    dynamodb: string;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}

/** One DynamoDB Local in memory for the whole run: every test file makes tables of its own in it. */
export default async function setup(project: TestProject) {
  const port = await freePort();
  const home = join(import.meta.dirname, '../../../node_modules/amplify-dynamodb-simulator/emulator');
  // The server unpacks a library at each start, and leaves it behind.
  const temporary = mkdtempSync(join(tmpdir(), 'roster-dynamodb-'));
  const server = spawn(
    'java',
    [
      ...['-XX:+UseSerialGC', '-Xmx1g', `-Djava.io.tmpdir=${temporary}`],
      `-Djava.library.path=${home}/DynamoDBLocal_lib`,
      '-jar',
      `${home}/DynamoDBLocal.jar`,
      '-inMemory',
      '-sharedDb',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    { stdio: 'ignore' },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 30_000;
  while (!(await answers(endpoint))) {
    if (Date.now() > deadline || server.exitCode !== null)
      throw new Error('DynamoDB Local did not start; is Java 17 there?');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  project.provide('dynamodb', endpoint);
  return async () => {
    server.kill('SIGKILL');
    await once(server, 'exit');
    rmSync(temporary, { recursive: true, force: true });
  };
}
