import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startDynamoDb } from '../../../infra/local/services/dynamodb.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    dynamodb: string;
  }
}

/** One DynamoDB Local in memory for the whole run: every test file makes tables of its own in it. */
export default async function setup(project: TestProject) {
  const directory = mkdtempSync(join(tmpdir(), 'roster-dynamodb-'));
  const server = await startDynamoDb({
    directory: null,
    java: join(directory, 'java'),
    temporary: join(directory, 'tmp'),
    preset: undefined,
    onFetch() {},
    onGone(why) {
      throw new Error(why);
    },
  });
  project.provide('dynamodb', server.endpoint);
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
