import { env } from './env.ts';
import { start } from './start.ts';

/**
 * Starts the workflow that fills a version of a segment, or sweeps what its versions left.
 *
 * @param again what tells this run from an earlier one about the same version
 */
export function startWalk(segment: string, ruleVersion: number, again?: string | number): Promise<void> {
  const name = again === undefined ? `${segment}-${ruleVersion}` : `${segment}-${ruleVersion}-${again}`;
  return start(env.segmentWalkMachine, name, { segment, version: ruleVersion });
}
