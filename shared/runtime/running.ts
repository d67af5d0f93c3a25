import { paginateListExecutions } from '@aws-sdk/client-sfn';
import { sfn } from './clients.ts';

/** The names of all runs of a workflow that have not ended. A run that has just started may be missing. */
export async function runningOf(machine: string): Promise<readonly string[]> {
  const names: string[] = [];
  const question = { stateMachineArn: machine, statusFilter: 'RUNNING' } as const;
  for await (const { executions = [] } of paginateListExecutions({ client: sfn() }, question)) {
    for (const { name = '' } of executions) names.push(name);
  }
  return names;
}
