import { start, statusOf, type Workflow } from '../workflows/workflow.ts';

/** The most runs of one job. */
const MOST_RUNS = 5;

/**
 * Makes sure that a workflow runs for a job that has not ended: when a run is over, another one is started, which
 * continues from the saved progress.
 *
 * @returns false when the job had too many runs already
 */
export async function keepRunning(workflow: Workflow, job: string): Promise<boolean> {
  for (let count = 0; count < MOST_RUNS; count += 1) {
    const name = count === 0 ? job : `${job}-${count}`;
    const status = await statusOf(workflow, name);
    if (status === 'RUNNING') return true;
    if (status !== null) continue;
    await start(workflow, name, { job });
    return true;
  }
  return false;
}
