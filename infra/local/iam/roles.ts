import type { Assembly } from '../cloudformation/assembly.ts';
import { kinds } from '../cloudformation/kinds.ts';
import { arns } from '../cloudformation/names.ts';
import { CannotStart } from '../process/cannot-start.ts';
import type { JsonObject } from '../process/json.ts';
import { type Grant, readPolicy, type Statement } from './policy.ts';

/** A role of the templates with everything that its policies say. */
export type Role = { readonly name: string; readonly label: string; readonly statements: readonly Statement[] };

/** Policies of AWS's own that roles may hold; what they allow is not asked for on one machine. */
const managed = ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'];

/** Reads every role by its ARN. A policy that cannot be read stops the start. */
export function readRoles(assembly: Assembly): ReadonlyMap<string, Role> {
  const attached = assembly.all(kinds.policy);
  const roles = assembly.all(kinds.role).map(({ name, label, settings }): [string, Role] => {
    const unknown = settings.ManagedPolicyArns?.find((arn) => !managed.includes(arn));
    if (unknown !== undefined)
      throw new CannotStart(`The policy ${unknown} of ${label} is not known to the local stack.`);
    const documents: JsonObject[] = [
      ...(settings.Policies ?? []).map(({ PolicyDocument }) => PolicyDocument),
      ...attached.filter((one) => one.settings.Roles?.includes(name)).map((one) => one.settings.PolicyDocument),
    ];
    return [arns.role(name), { name, label, statements: documents.flatMap((document) => readPolicy(document, label)) }];
  });
  return new Map(roles);
}

/** A grant as people read it: `Users/Create/Role dynamodb:PutItem arn:aws:dynamodb:…:table/T`, with its condition. */
export function grantText({ label }: Role, { statement, action, resource }: Grant): string {
  const conditions = statement.conditions.map(({ key, values }) => ` if ${key} is ${values.join(' or ')}`);
  return `${label} ${action} ${resource}${conditions.join('')}`;
}

/** Everything that a role allows, one action on one resource at a time. */
export function grantsOf({ statements }: Role): Grant[] {
  return statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) =>
      statement.actions.flatMap((action) => statement.resources.map((resource) => ({ statement, action, resource }))),
    );
}
