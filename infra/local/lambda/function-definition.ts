import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { Assembly, Resource } from '../cloudformation/assembly.ts';
import { kinds } from '../cloudformation/kinds.ts';
import { region } from '../cloudformation/names.ts';
import type { Authority, Session } from '../iam/authority.ts';
import { CannotStart } from '../process/cannot-start.ts';

/** A function as it can be run here: its bundle, its own environment, its limits. */
export type FunctionDefinition = {
  readonly name: string;
  /** Its place in the construct tree, for the log lines. */
  readonly label: string;
  readonly file: string;
  readonly handler: string;
  readonly memory: number;
  readonly timeoutMs: number;
  readonly environment: Record<string, string>;
  /** The role and the credentials with which it calls services. */
  readonly session: Session;
  /** The queue for asynchronous events that it could not handle. */
  readonly deadLetterArn: string | null;
};

/** A function's answer as JSON; when `failed`, the error as Lambda reports it. */
export type Answer = { readonly failed: boolean; readonly payload: string };

/** An error as Lambda reports it. */
export function failure(errorType: string, errorMessage: string): Answer {
  return { failed: true, payload: JSON.stringify({ errorType, errorMessage, trace: [] }) };
}

/** The functions of the assembly with the environment that Lambda would give them, and the local addresses. */
export function functionsOf(
  assembly: Assembly,
  endpoints: Record<string, string>,
  authority: Authority,
): FunctionDefinition[] {
  return assembly.all(kinds.function).map((resource) => {
    const { name, label, settings } = resource;
    const session = authority.sessionOf(settings.Role, name);
    return {
      ...entryOf(assembly, resource),
      name,
      label: settings.Description ?? label,
      memory: settings.MemorySize ?? 128,
      timeoutMs: (settings.Timeout ?? 3) * 1000,
      deadLetterArn: settings.DeadLetterConfig?.TargetArn ?? null,
      session,
      environment: { ...platform(resource, session), ...endpoints, ...texts(settings.Environment?.Variables ?? {}) },
    };
  });
}

type FunctionResource = Resource<typeof kinds.function.properties>;

/** The file and the export that a handler such as `index.handler` names. */
function entryOf(assembly: Assembly, { settings, label }: FunctionResource): { file: string; handler: string } {
  const [base = '', handler = ''] = settings.Handler.split('.');
  const directory = assembly.assetDirectory(settings.Code.S3Key);
  const file = ['.mjs', '.js', '.cjs'].map((ending) => join(directory, base + ending)).find((one) => existsSync(one));
  if (file === undefined) throw new CannotStart(`The bundle of ${label} has no ${base}.`);
  return { file, handler };
}

function platform({ name, settings }: FunctionResource, { credentials }: Session): Record<string, string> {
  const { accessKeyId, secretAccessKey } = credentials;
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.MemorySize ?? 128),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    TZ: ':UTC',
  };
}

function texts(values: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}
