import {
  DescribeExecutionCommand,
  paginateListExecutions,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';

/** A state machine of the deployment, by its ARN, and the client that reaches it. */
export type Workflow = { readonly client: SFNClient; readonly machine: string };

/**
 * Starts a run. Its name makes that happen once: a second start of the same name is no error and starts nothing.
 *
 * @param name 1 to 80 letters, digits, `-` and `_`
 */
export async function start(
  { client, machine }: Workflow,
  name: string,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn: machine, name, input: JSON.stringify(input) }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExecutionAlreadyExists') throw error;
  }
}

/** The status of a run, such as `RUNNING`; null when there never was one of this name. */
export async function statusOf({ client, machine }: Workflow, name: string): Promise<string | null> {
  const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
  try {
    const { status = '' } = await client.send(new DescribeExecutionCommand({ executionArn }));
    return status;
  } catch (error) {
    if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return null;
    throw error;
  }
}

/** The names of all runs that have not ended. A run that has just started may be missing. */
export async function runningOf({ client, machine }: Workflow): Promise<readonly string[]> {
  const names: string[] = [];
  const question = { stateMachineArn: machine, statusFilter: 'RUNNING' } as const;
  for await (const { executions = [] } of paginateListExecutions({ client }, question)) {
    for (const { name = '' } of executions) names.push(name);
  }
  return names;
}
