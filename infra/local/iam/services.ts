import type { Assembly } from '../cloudformation/assembly.ts';
import { kinds } from '../cloudformation/kinds.ts';
import { arns } from '../cloudformation/names.ts';
import { CannotStart } from '../process/cannot-start.ts';
import { readPolicy, type Statement, verdictOf } from './policy.ts';

/** What services of AWS may do by the policies of the resources that they reach. */
export type ServicePermissions = {
  /** Stops the start unless a service may invoke a function for the route or rule at this ARN. */
  assertMayInvoke(service: string, sourceArn: string, functionArn: string): void;
  /** Stops the start unless a service may send to a queue for the rule at this ARN. */
  assertMaySend(service: string, sourceArn: string, queueArn: string): void;
};

const anybody = 'AWS:*';

/** The statements of the policies that buckets and queues hold. One about a principal that is not known stops the start. */
function readResourcePolicies(assembly: Assembly): Statement[] {
  const policies = [...assembly.all(kinds.bucketPolicy), ...assembly.all(kinds.queuePolicy)];
  const statements = policies.flatMap(({ label, settings }) =>
    readPolicy(settings.PolicyDocument, label).map((statement) => ({ statement, label })),
  );
  for (const { statement, label } of statements) {
    const unknown = statement.principals?.find((one) => one !== anybody && !one.startsWith('Service:'));
    if (unknown !== undefined)
      throw new CannotStart(`The principal ${unknown} (${label}) is not known to the local stack.`);
  }
  return statements.map(({ statement }) => statement);
}

/** What the policies of resources say to every caller. */
export function resourcePoliciesOf(assembly: Assembly): Statement[] {
  return readResourcePolicies(assembly).filter(({ principals }) => principals?.includes(anybody));
}

/** Reads the policies by which routes and rules reach functions and queues. */
export function readServicePermissions(assembly: Assembly): ServicePermissions {
  const policies = [
    ...readResourcePolicies(assembly),
    ...assembly.all(kinds.permission).flatMap(({ label, settings }) =>
      readPolicy(
        {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { Service: settings.Principal },
            Action: settings.Action,
            Resource: settings.FunctionName.startsWith('arn:')
              ? settings.FunctionName
              : arns.function(settings.FunctionName),
            ...(settings.SourceArn === undefined
              ? {}
              : { Condition: { ArnLike: { 'aws:SourceArn': settings.SourceArn } } }),
          },
        },
        label,
      ),
    ),
  ];
  const assertMay = (service: string, action: string, resource: string, sourceArn: string) => {
    const own = policies.filter(
      ({ principals }) => principals?.includes(`Service:${service}`) || principals?.includes(anybody),
    );
    const context = { 'aws:SourceArn': [sourceArn], 'aws:SecureTransport': ['true'] };
    if (typeof verdictOf(own, { action, resource, context }) === 'object') return;
    throw new CannotStart(
      `${service} is not authorized to perform: ${action} on resource: ${resource} for ${sourceArn}.`,
    );
  };
  return {
    assertMayInvoke: (service, sourceArn, functionArn) =>
      assertMay(service, 'lambda:InvokeFunction', functionArn, sourceArn),
    assertMaySend: (service, sourceArn, queueArn) => assertMay(service, 'sqs:SendMessage', queueArn, sourceArn),
  };
}
