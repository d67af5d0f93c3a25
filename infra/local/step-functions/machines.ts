import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Assembly } from '../cloudformation/assembly.ts';
import { kinds } from '../cloudformation/kinds.ts';
import { arns } from '../cloudformation/names.ts';
import type { Authority } from '../iam/authority.ts';
import type { Access } from '../iam/policy.ts';
import { type Answer, failure } from '../lambda/function-definition.ts';
import type { Functions } from '../lambda/functions.ts';
import { parseJson } from '../process/json.ts';
import { clientsOf } from '../services/clients.ts';
import type { Machine } from './executions.ts';
import { readDefinition } from './machine-definition.ts';

type Around = {
  readonly assembly: Assembly;
  readonly functions: Functions;
  readonly authority: Authority;
  /** The address at which storage is reached with permissions. */
  readonly checkedStorage: string;
};

/** The state machines of the assembly, each of which reaches as much of the stack as its role allows. */
export function readMachines(
  { assembly, functions, authority, checkedStorage }: Around,
  invoke: (arn: string, payload: string) => Promise<Answer>,
): Machine[] {
  return assembly.all(kinds.machine).map(({ name, label, settings }) => {
    const session = authority.sessionOf(settings.RoleArn, name);
    const refusal = (accesses: Access[]) => session.check(accesses)?.message ?? null;
    const child = arns.execution(name, 'child');
    return {
      name,
      label,
      definition: readDefinition(settings.DefinitionString, label, (arn) => functions.find(arn) !== null),
      around: {
        async invoke(arn, payload) {
          const refused = refusal([{ action: 'lambda:InvokeFunction', resource: arn }]);
          return refused === null ? invoke(arn, payload) : failure('States.Permissions', refused);
        },
        readItems: itemReader(clientsOf(checkedStorage, session.credentials).s3),
        refusesChildren: () =>
          refusal([
            { action: 'states:StartExecution', resource: arns.machine(name) },
            { action: 'states:DescribeExecution', resource: child },
            { action: 'states:StopExecution', resource: child },
          ]),
      },
    };
  });
}

function itemReader(s3: S3Client) {
  return async (bucket: string, key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return parseJson((await Body?.transformToString()) ?? '');
  };
}
