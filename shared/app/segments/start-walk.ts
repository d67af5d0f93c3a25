import { runName } from '../../domain/segments/walk-run.ts';
import { start, type Workflow } from '../workflows/workflow.ts';

/**
 * Starts the workflow that fills a version of a segment and deletes the edges that nothing reads.
 *
 * @param again tells this run from an earlier one for the same version
 */
export function startWalk(
  workflow: Workflow,
  segment: string,
  ruleVersion: number,
  again?: string | number,
): Promise<void> {
  const input = { segment, version: ruleVersion, attempt: 1 };
  return start(workflow, runName(segment, ruleVersion, again), input);
}
