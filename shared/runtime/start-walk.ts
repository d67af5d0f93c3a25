import { runName } from '../domain/segments/walk-run.ts';
import { env } from './env.ts';
import { start } from './start.ts';

/**
 * Starts the workflow that fills a version of a segment and deletes the edges that nothing reads.
 *
 * @param again tells this run from an earlier one for the same version
 */
export function startWalk(segment: string, ruleVersion: number, again?: string | number): Promise<void> {
  const input = { segment, version: ruleVersion, attempt: 1 };
  return start(env.segmentWalkMachine, runName(segment, ruleVersion, again), input);
}
