import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CannotStart } from './cannot-start.ts';

export type Options = {
  /** The port of the API; 0 takes a free one. */
  readonly port: number;
  /** The data directory, in which local.json appears. */
  readonly data: string;
  /** Erases the data directory first. */
  readonly fresh: boolean;
  /** Makes another first key. */
  readonly newKey: boolean;
  /** Keeps nothing: all state is in memory or in a directory that is deleted when the stack stops. For tests. */
  readonly memory: boolean;
  /** A directory that is synthesized already; null synthesizes. */
  readonly assembly: string | null;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** A file that each used grant of a role is noted in; null notes none. For tests. */
  readonly grants: string | null;
};

const usage =
  'Options: --port N (8080), --data DIR (.roster), --fresh (erases all data), --new-key, --memory, --assembly DIR, ' +
  '--grants FILE, --quiet, --verbose.';

export function readOptions(args: string[], environment: NodeJS.ProcessEnv): Options {
  const { values } = parse(args);
  return {
    port: port(values.port ?? '8080'),
    data: resolve(values.data ?? environment.ROSTER_DATA ?? '.roster'),
    fresh: values.fresh ?? false,
    newKey: values['new-key'] ?? false,
    memory: values.memory ?? false,
    assembly: values.assembly === undefined ? null : resolve(values.assembly),
    quiet: values.quiet ?? false,
    verbose: values.verbose ?? false,
    grants: values.grants === undefined ? null : resolve(values.grants),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        fresh: { type: 'boolean' },
        'new-key': { type: 'boolean' },
        memory: { type: 'boolean' },
        assembly: { type: 'string' },
        quiet: { type: 'boolean' },
        verbose: { type: 'boolean' },
        grants: { type: 'string' },
      },
    });
  } catch (error) {
    throw new CannotStart(`${error instanceof Error ? error.message.split('.')[0] : 'Unknown option'}. ${usage}`);
  }
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535) throw new CannotStart(`--port ${text} is not a port. ${usage}`);
  return number;
}
