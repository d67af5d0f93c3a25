import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/vitest/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/vitest/closing-line.ts'],
    globalSetup: ['test/support/vitest/dynamodb-server.ts', 'test/support/vitest/assembly-of-run.ts'],
    // Most files wait for servers more than they compute. Left alone, two cores would run one file at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    env: { POWERTOOLS_LOG_LEVEL: 'SILENT', STAGE: 'dev' },
    // Nets for a machine that does much else beside, as the README says under Decisions.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
