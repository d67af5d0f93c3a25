import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PATIENCE } from '../domain/patience.ts';

let client: SFNClient | undefined;

/**
 * Starts a workflow. The name makes it happen once: a second start of the same name is no error and starts nothing.
 *
 * @param name 1 to 80 letters, digits, `-` and `_`
 */
export async function start(machine: string, name: string, input: Readonly<Record<string, unknown>>): Promise<void> {
  client ??= new SFNClient({ requestHandler: PATIENCE });
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn: machine, name, input: JSON.stringify(input) }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExecutionAlreadyExists') throw error;
  }
}
