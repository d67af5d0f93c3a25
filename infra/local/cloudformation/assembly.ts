import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { CannotStart } from '../process/cannot-start.ts';
import type { Json } from '../process/json.ts';
import { idleKinds } from './idle-kinds.ts';
import { noValue, resolve, type Scope } from './intrinsics.ts';
import type { Kind } from './kind.ts';
import { kinds } from './kinds.ts';
import { type Addresses, account, attributeOf, nameOf, type RawResource, refOf, region } from './names.ts';

const Template = z.strictObject({
  AWSTemplateFormatVersion: z.optional(z.unknown()),
  Description: z.optional(z.unknown()),
  Metadata: z.optional(z.unknown()),
  // The version of the bootstrap stack, which only a deployment has, and the rule that asks for it.
  Parameters: z.optional(z.strictObject({ BootstrapVersion: z.optional(z.unknown()) })),
  Rules: z.optional(z.strictObject({ CheckBootstrapVersion: z.optional(z.unknown()) })),
  Resources: z.record(
    z.string(),
    z.strictObject({
      Type: z.string(),
      Properties: z.optional(z.json()),
      DependsOn: z.optional(z.unknown()),
      DeletionPolicy: z.optional(z.unknown()),
      UpdateReplacePolicy: z.optional(z.unknown()),
      Metadata: z.optional(z.unknown()),
    }),
  ),
  Outputs: z.optional(
    z.record(z.string(), z.object({ Value: z.json(), Export: z.optional(z.object({ Name: z.json() })) })),
  ),
});

const Manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.optional(z.record(z.string(), z.unknown())),
      additionalMetadataFile: z.optional(z.string()),
    }),
  ),
});

const Metadata = z.record(z.string(), z.array(z.object({ type: z.string(), data: z.optional(z.unknown()) })));

const Assets = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string() }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
});

export type Resource<P extends z.ZodMiniType> = RawResource & {
  readonly name: string;
  readonly settings: z.output<P>;
};

/** The synthesized stacks with every reference resolved. */
export type Assembly = {
  all<P extends z.ZodMiniType>(kind: Kind<P>): Resource<P>[];
  /** The value of the one output whose name begins so; null when no stack has it. */
  output(name: string): string | null;
  /** The directory of an asset, by the object key that a template names. */
  assetDirectory(objectKey: string): string;
};

type Stack = { name: string; template: z.output<typeof Template>; labels: Map<string, string> };

/** Reads a cloud assembly. A resource type, property or function that is not known stops the start with its name. */
export function readAssembly(directory: string, addresses: Addresses): Assembly {
  const stacks = readStacks(directory);
  const raw = stacks.flatMap(resourcesOf);
  const exported = new Map<string, () => Json>();
  const scopes = new Map(stacks.map((stack) => [stack.name, scopeOf(stack, raw, addresses, exported)] as const));
  const scope = (name: string): Scope => scopes.get(name) ?? fail(`The stack ${name} is not in the assembly.`);

  for (const { name, template } of stacks) {
    for (const { Value, Export } of Object.values(template.Outputs ?? {})) {
      if (Export) exported.set(String(resolve(Export.Name, scope(name))), () => resolve(Value, scope(name)));
    }
  }
  const settled = raw
    .filter(({ type }) => !idleKinds.includes(type))
    .map((one) => ({ raw: one, ...settle(one, scope) }));
  const assets = readAssets(directory);

  return {
    all: (kind) =>
      settled
        .filter(({ raw: { type } }) => type === kind.type)
        .map((one) => ({ ...one.raw, name: one.name, settings: z.parse(kind.properties, one.properties) })),
    output(wanted) {
      for (const { name, template } of stacks) {
        const key = Object.keys(template.Outputs ?? {}).find((one) => one.startsWith(wanted));
        const value = key === undefined ? undefined : template.Outputs?.[key]?.Value;
        if (value !== undefined) return String(resolve(value, scope(name)));
      }
      return null;
    },
    assetDirectory: (key) => assets.get(key) ?? fail(`The asset ${key} is not in the assembly.`),
  };
}

/** Resolves a resource and compares its properties with those that are known of its type. */
function settle(resource: RawResource, scope: (stack: string) => Scope): { name: string; properties: Json } {
  const kind = Object.values(kinds).find(({ type }) => type === resource.type);
  if (kind === undefined) {
    fail(`The resource type ${resource.type} (${resource.label}) is not known to the local stack.`);
  }
  const properties = resolve(resource.properties, scope(resource.stack));
  const { error } = z.safeParse(kind.properties, properties);
  const issue = error?.issues[0];
  if (issue !== undefined) {
    const path = pathOf(issue);
    fail(
      `The property ${path} of ${resource.type} (${resource.label}) is not known to the local stack: ${issue.message}.`,
    );
  }
  return { name: nameOf(resource), properties };
}

function readStacks(directory: string): Stack[] {
  return Object.entries(artifacts(directory))
    .filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack')
    .map(([id, { properties, additionalMetadataFile: metadata }]) => ({
      name: String(properties?.stackName ?? id),
      template: readTemplate(join(directory, String(properties?.templateFile))),
      labels: metadata === undefined ? new Map() : readLabels(join(directory, metadata)),
    }));
}

/** The paths of the construct tree by logical id, without the stack's own name in front. */
function readLabels(file: string): Map<string, string> {
  const named = Object.entries(z.parse(Metadata, readJson(file))).flatMap(([path, entries]) =>
    entries
      .filter(({ type }) => type === 'aws:cdk:logicalId')
      .map(({ data }) => [String(data), path.split('/').slice(2).join('/')] as const),
  );
  return new Map(named);
}

function readTemplate(file: string): z.output<typeof Template> {
  const { data, error } = z.safeParse(Template, readJson(file));
  if (data !== undefined) return data;
  const [issue] = error.issues;
  return fail(`${issue && pathOf(issue)} in ${basename(file)} is not known to the local stack.`);
}

/** The path of the unknown property within a value. */
function pathOf(issue: z.core.$ZodIssue): string {
  return [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys : [])].join('.');
}

function resourcesOf({ name, template, labels }: Stack): RawResource[] {
  return Object.entries(template.Resources).map(([logicalId, { Type, Properties }]) => ({
    stack: name,
    logicalId,
    type: Type,
    label: (labels.get(logicalId) ?? logicalId).replace(/\/Resource$/, ''),
    properties: Properties ?? {},
  }));
}

function readAssets(directory: string): Map<string, string> {
  const assets = new Map<string, string>();
  for (const artifact of Object.values(artifacts(directory))) {
    if (artifact.type !== 'cdk:asset-manifest') continue;
    const { files } = z.parse(Assets, readJson(join(directory, String(artifact.properties?.file))));
    for (const { source, destinations } of Object.values(files)) {
      for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(directory, source.path));
    }
  }
  return assets;
}

function scopeOf(stack: Stack, raw: RawResource[], addresses: Addresses, exported: Map<string, () => Json>): Scope {
  const pseudo: Record<string, string> = {
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack.name,
    'AWS::NoValue': noValue,
  };
  const find = (logicalId: string) =>
    raw.find((one) => one.stack === stack.name && one.logicalId === logicalId) ??
    fail(`The template ${stack.name} refers to ${logicalId}, which is not known to the local stack.`);
  return {
    ref: (name) => pseudo[name] ?? refOf(find(name), addresses),
    attribute: (logicalId, name) => attributeOf(find(logicalId), name, addresses),
    imported: (name) => (exported.get(name) ?? fail(`No stack exports ${name}.`))(),
  };
}

function artifacts(directory: string): z.output<typeof Manifest>['artifacts'] {
  return z.parse(Manifest, readJson(join(directory, 'manifest.json'))).artifacts;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function fail(message: string): never {
  throw new CannotStart(message);
}
