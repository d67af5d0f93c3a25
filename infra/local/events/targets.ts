import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Assembly } from '../cloudformation/assembly.ts';
import { kinds } from '../cloudformation/kinds.ts';
import { account, arns, newCredentials } from '../cloudformation/names.ts';
import type { Authority } from '../iam/authority.ts';
import { readServicePermissions, type ServicePermissions } from '../iam/services.ts';
import { type Destination, destinationOf } from '../lambda/destinations.ts';
import type { Answer } from '../lambda/function-definition.ts';
import type { Functions } from '../lambda/functions.ts';
import { CannotStart } from '../process/cannot-start.ts';
import { clientsOf } from '../services/clients.ts';
import type { Executions } from '../step-functions/executions.ts';
import type { Source, Target, Targets } from './rules.ts';

type Around = {
  readonly assembly: Assembly;
  readonly functions: Functions;
  readonly authority: Authority;
  readonly executions: Executions;
  /** The address at which storage is reached with permissions. */
  readonly checkedStorage: string;
  invoke(arn: string, payload: string): Promise<Answer>;
};

const events = 'events.amazonaws.com';

/** The retries of an asynchronous event, unless the function sets another number. */
const asyncRetries = 2;

/** Reaches functions, state machines and queues for rules and schedules, as far as permissions allow it. */
export function targetsOf(around: Around): Targets {
  const permissions = readServicePermissions(around.assembly);
  return {
    deadLetterOf(arn, source) {
      permissions.assertMaySend(events, source.arn, arn);
      return destinationOf(arn, around.checkedStorage, newCredentials());
    },
    targetOf(target, source) {
      assertMayReach(target, source, around.authority, permissions);
      return (
        functionTarget(target.Arn, around) ?? { ...directTarget(target.Arn, around), retries: 10, onFailure: null }
      );
    },
  };
}

/** Stops the start when a rule or schedule may not reach its target. */
function assertMayReach(
  { Arn: arn, RoleArn }: Target,
  { kind, arn: source, label }: Source,
  authority: Authority,
  permissions: ServicePermissions,
): void {
  const service = arn.split(':')[2] ?? '';
  if (kind === 'rule' && service === 'lambda') {
    permissions.assertMayInvoke(events, source, arn);
  } else if (kind === 'rule' && service === 'sqs') {
    permissions.assertMaySend(events, source, arn);
  } else {
    const action = { lambda: 'lambda:InvokeFunction', sqs: 'sqs:SendMessage' }[service] ?? 'states:StartExecution';
    const refusal = authority.sessionOf(RoleArn ?? 'none', label).check([{ action, resource: arn }]);
    if (refusal !== null) throw new CannotStart(`${refusal.message} (${label}).`);
  }
}

function functionTarget(arn: string, { assembly, functions, checkedStorage, invoke }: Around) {
  const definition = functions.find(arn);
  if (definition === null) return null;
  const config = assembly.all(kinds.invokeConfig).find(({ settings }) => settings.FunctionName === definition.name);
  const deadLetterArn: string | null =
    config?.settings.DestinationConfig?.OnFailure?.Destination ?? definition.deadLetterArn;
  const onFailure: Destination | null =
    deadLetterArn === null ? null : destinationOf(deadLetterArn, checkedStorage, definition.session.credentials);
  return {
    retries: config?.settings.MaximumRetryAttempts ?? asyncRetries,
    onFailure,
    call: async (payload: string) => !(await invoke(arn, payload)).failed,
  };
}

function directTarget(arn: string, { assembly, executions, checkedStorage }: Around) {
  if (assembly.all(kinds.machine).some(({ name }) => arns.machine(name) === arn)) {
    return { call: (payload: string) => executions.start(arn, payload).then(() => true) };
  }
  const queue = assembly.all(kinds.queue).find(({ name }) => arns.queue(name) === arn);
  if (queue === undefined) throw new CannotStart(`The target ${arn} of a rule is not known to the local stack.`);
  const { sqs } = clientsOf(checkedStorage, newCredentials());
  const QueueUrl = `${checkedStorage}/${account}/${queue.name}`;
  return {
    call: (payload: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: payload })).then(() => true),
  };
}
