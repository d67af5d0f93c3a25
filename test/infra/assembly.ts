import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

// biome-ignore lint/suspicious/noExplicitAny: a template is a tree of any resources of CloudFormation.
export type Properties = any;
export type Resource = {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
  readonly deletion?: string;
};
export type Assembly = {
  readonly stacks: Readonly<Record<'data' | 'edge' | 'work' | 'http', readonly Resource[]>>;
  readonly outputs: Properties;
  /** The reasons for acknowledged findings of cdk-nag, by construct. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  readonly folder: string;
};

const root = join(import.meta.dirname, '..', '..');
const bin = join(root, 'node_modules', '.bin');

/** Runs `cdk synth` as a newcomer would who has no account: no credentials, no environment but the way to node. */
export async function synthesize(...options: string[]): Promise<Assembly> {
  const folder = mkdtempSync(join(tmpdir(), 'roster-assembly-'));
  const path = `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`;
  await promisify(execFile)(join(bin, 'cdk'), ['synth', '-q', '-o', folder, ...options], {
    cwd: root,
    env: { PATH: path },
  });
  const read = (suffix: string) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(suffix))
      .map((file) => [file.slice(0, -suffix.length), JSON.parse(readFileSync(join(folder, file), 'utf8'))] as const);
  const templates = read('.template.json').map(([name, template]) => [name.split('-').at(-1), template] as const);
  return {
    stacks: Object.fromEntries(
      templates.map(([name, template]) => [name, resourcesOf(template)]),
    ) as Assembly['stacks'],
    outputs: Object.assign({}, ...templates.map(([, template]) => template.Outputs)),
    reasons: new Map(read('.metadata.json').flatMap(([, metadata]) => Object.entries(metadata).map(reasonsOf))),
    folder,
  };
}

function resourcesOf(template: Properties): Resource[] {
  return Object.entries<Properties>(template.Resources).map(([id, resource]) => ({
    id,
    type: resource.Type,
    properties: resource.Properties,
    deletion: resource.DeletionPolicy,
  }));
}

function reasonsOf([construct, entries]: [string, Properties]): [string, string[]] {
  const marks = entries.filter((entry: Properties) => entry.type === 'aws:cdk:acknowledged-rules');
  return [construct, marks.flatMap((mark: Properties) => Object.values(mark.data))];
}

/** All resources of an assembly of one type. */
export function all({ stacks }: Assembly, type: string): Resource[] {
  return Object.values(stacks)
    .flat()
    .filter((resource) => resource.type === type);
}

/** The function of this path, such as `users/create`. */
export function functionOf(assembly: Assembly, path: string): Resource {
  const found = all(assembly, 'AWS::Lambda::Function').find(({ properties }) => properties.Description === path);
  if (found === undefined) throw new Error(`There is no function ${path}.`);
  return found;
}

/** Everything that a function is allowed: the statements of its role. */
export function statementsOf(assembly: Assembly, path: string): Properties[] {
  const [id] = functionOf(assembly, path).properties.Role['Fn::GetAtt'];
  const role = all(assembly, 'AWS::IAM::Role').find((resource) => resource.id === id);
  return role?.properties.Policies.flatMap((policy: Properties) => policy.PolicyDocument.Statement);
}

/** The actions of one service that a function is allowed, without a condition. */
export function actionsOf(assembly: Assembly, path: string, service: string): string[] {
  const actions = statementsOf(assembly, path)
    .filter((statement) => statement.Condition === undefined)
    .flatMap((statement) => [statement.Action].flat());
  return [
    ...new Set(actions.filter((action) => action.startsWith(`${service}:`)).map((action) => action.split(':')[1])),
  ];
}

/** The definition of a state machine, with arns left out of the text. */
export function definitionOf(machine: Resource): Properties {
  const parts: unknown[] = machine.properties.DefinitionString['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'arn')).join(''));
}
