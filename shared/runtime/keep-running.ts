import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { sfn } from './clients.ts';
import { start } from './start.ts';

/** How often a workflow is started for one job before it is given up. */
const MOST_STARTS = 5;

/** Where a run of a workflow stands; null when there never was one of this name. */
async function statusOf(machine: string, name: string): Promise<string | null> {
  const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
  try {
    const { status = '' } = await sfn().send(new DescribeExecutionCommand({ executionArn }));
    return status;
  } catch (error) {
    if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return null;
    throw error;
  }
}

/**
 * Makes sure that a workflow runs for a job that has not ended: a run that is over is followed by another, since a
 * workflow takes a job up where it stands.
 *
 * @returns false when it has been started too often already
 */
export async function keepRunning(machine: string, job: string): Promise<boolean> {
  for (let count = 0; count < MOST_STARTS; count += 1) {
    const name = count === 0 ? job : `${job}-${count}`;
    const status = await statusOf(machine, name);
    if (status === 'RUNNING') return true;
    if (status !== null) continue;
    await start(machine, name, { job });
    return true;
  }
  return false;
}
