import { randomUUID } from 'node:crypto';
import { arns } from '../cloudformation/names.ts';
import { isObject, type Json, parseJson } from '../process/json.ts';
import type { Ledger } from '../process/ledger.ts';
import { AwsError, type AwsOperations } from '../services/aws-endpoint.ts';
import type { Definition } from './machine-definition.ts';
import { type Run, runMachine, type Surroundings } from './machine-run.ts';

export type Machine = {
  readonly name: string;
  readonly label: string;
  readonly definition: Definition;
  readonly around: Surroundings;
};
type Record = { arn: string; machine: string; name: string; input: string; status: string; started: number };

export type Executions = {
  readonly operations: AwsOperations;
  /** Starts a machine by its ARN under a new name. */
  start(machineArn: string, input: string): Promise<Json>;
  /** Starts executions again, from the beginning, that were running when the stack ended. */
  resume(): void;
  stop(): void;
};

/** Step Functions: runs executions, keeps their status and output, and starts unfinished ones again. */
export function openExecutions(
  machines: Machine[],
  ledger: Ledger,
  log: (label: string, status: string, ms: number) => void,
): Executions {
  ledger.exec(`CREATE TABLE IF NOT EXISTS executions (arn TEXT PRIMARY KEY, machine TEXT NOT NULL, name TEXT NOT NULL,
    input TEXT NOT NULL, status TEXT NOT NULL, started INTEGER NOT NULL, stopped INTEGER, output TEXT, error TEXT, cause TEXT)`);
  const insert = ledger.prepare(
    "INSERT INTO executions (arn, machine, name, input, status, started) VALUES (?, ?, ?, ?, 'RUNNING', ?)",
  );
  const finish = ledger.prepare(
    "UPDATE executions SET status = ?, stopped = ?, output = ?, error = ?, cause = ? WHERE arn = ? AND status = 'RUNNING'",
  );
  const byArn = new Map(machines.map((machine) => [arns.machine(machine.name), machine] as const));
  const running = new Map<string, Run>();
  let stopped = false;

  function machineOf(arn: string): Machine {
    const machine = byArn.get(arn);
    if (machine === undefined) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  function find(arn: string): Record & { [column: string]: unknown } {
    const row = ledger.prepare('SELECT * FROM executions WHERE arn = ?').get(arn);
    if (row === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return { ...row, ...recordOf(row) };
  }

  function run({ arn, machine, name, input, started }: Record): void {
    const { definition, label, around } = machineOf(machine);
    const context = {
      Execution: { Id: arn, Name: name, StartTime: new Date(started).toISOString() },
      StateMachine: { Id: machine, Name: label },
    };
    const one = runMachine(definition, parseJson(input), context, around);
    running.set(arn, one);
    log(label, 'started', 0);
    const end = (status: string, output: string | null, error: string | null, cause: string | null) => {
      running.delete(arn);
      // An execution that ends because the stack stops stays RUNNING, and is started again with the stack.
      if (stopped) return;
      finish.run(status, Date.now(), output, error, cause, arn);
      log(label, status.toLowerCase(), Date.now() - started);
    };
    one.result.then(
      (output) => end('SUCCEEDED', JSON.stringify(output), null, null),
      (error: Error) => {
        const { status, name, cause } = outcomeOf(error);
        end(status, null, name, cause);
      },
    );
  }

  async function start(machineArn: string, input: string, given?: string): Promise<Json> {
    const machine = machineOf(machineArn);
    const name = given ?? randomUUID();
    const arn = arns.execution(machine.name, name);
    const known = ledger.prepare('SELECT * FROM executions WHERE arn = ?').get(arn);
    if (known !== undefined) {
      const earlier = recordOf(known);
      if (earlier.status === 'RUNNING' && earlier.input === input) {
        return { executionArn: arn, startDate: earlier.started / 1000 };
      }
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const started = Date.now();
    insert.run(arn, machineArn, name, input, started);
    run({ arn, machine: machineArn, name, input, status: 'RUNNING', started });
    return { executionArn: arn, startDate: started / 1000 };
  }

  const operations: AwsOperations = {
    'AWSStepFunctions.StartExecution': async ({ stateMachineArn, name, input }) => {
      const text = typeof input === 'string' ? input : '{}';
      requireJson(text);
      return start(String(stateMachineArn), text, typeof name === 'string' ? name : undefined);
    },
    'AWSStepFunctions.DescribeExecution': async ({ executionArn }) => described(find(String(executionArn))),
    'AWSStepFunctions.StopExecution': async ({ executionArn, error, cause }) => {
      const record = find(String(executionArn));
      if (record.status !== 'RUNNING') return { stopDate: Number(record.stopped) / 1000 };
      const now = Date.now();
      finish.run('ABORTED', now, null, textOrNull(error), textOrNull(cause), record.arn);
      running.get(record.arn)?.abort();
      return { stopDate: now / 1000 };
    },
    'AWSStepFunctions.ListExecutions': async ({ stateMachineArn, statusFilter, maxResults }) => {
      machineOf(String(stateMachineArn));
      const limit = typeof maxResults === 'number' && maxResults > 0 ? maxResults : 1000;
      const rows = ledger
        .prepare(
          'SELECT * FROM executions WHERE machine = ? AND (? IS NULL OR status = ?) ORDER BY started DESC LIMIT ?',
        )
        .all(String(stateMachineArn), textOrNull(statusFilter), textOrNull(statusFilter), limit);
      return { executions: rows.map((row) => listed({ ...row, ...recordOf(row) })) };
    },
  };

  return {
    operations,
    start: (machineArn, input) => start(machineArn, input),
    resume() {
      for (const row of ledger.prepare("SELECT * FROM executions WHERE status = 'RUNNING'").all()) {
        const record = recordOf(row);
        if (byArn.has(record.machine)) run(record);
      }
    },
    stop() {
      stopped = true;
      for (const one of running.values()) one.abort();
    },
  };
}

function recordOf(row: { [column: string]: unknown }): Record {
  const text = (column: string) => String(row[column]);
  return {
    arn: text('arn'),
    machine: text('machine'),
    name: text('name'),
    input: text('input'),
    status: text('status'),
    started: Number(row.started),
  };
}

function listed(record: Record & { [column: string]: unknown }): Json {
  const { arn, machine, name, status, started, stopped } = record;
  const base = { executionArn: arn, stateMachineArn: machine, name, status, startDate: started / 1000 };
  return typeof stopped === 'number' ? { ...base, stopDate: stopped / 1000 } : base;
}

function described(record: Record & { [column: string]: unknown }): Json {
  const base = listed(record);
  const details = ['output', 'error', 'cause'].flatMap((key) => {
    const value = textOrNull(record[key]);
    return value === null ? [] : [[key, value] as const];
  });
  return { ...(isObject(base) ? base : {}), input: record.input, ...Object.fromEntries(details) };
}

function outcomeOf(error: Error): { status: string; name: string; cause: string } {
  if (error.name === 'ExecutionAbortedError') return { status: 'ABORTED', name: '', cause: '' };
  if (error.name === 'ExecutionTimeoutError') return { status: 'TIMED_OUT', name: 'States.Timeout', cause: '' };
  const inner = error.cause instanceof Error ? error.cause : error;
  return { status: 'FAILED', name: inner.name, cause: inner.message };
}

function requireJson(text: string): void {
  try {
    parseJson(text);
  } catch {
    throw new AwsError('InvalidExecutionInput', 'The input is not JSON.');
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
