import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { sfn } from './clients.ts';

/**
 * Starts a workflow. The name makes it happen once: a second start of the same name is no error and starts nothing.
 *
 * @param name 1 to 80 letters, digits, `-` and `_`
 */
export async function start(machine: string, name: string, input: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    await sfn().send(new StartExecutionCommand({ stateMachineArn: machine, name, input: JSON.stringify(input) }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExecutionAlreadyExists') throw error;
  }
}
