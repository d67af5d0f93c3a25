import type { Assembly } from './cloudformation/assembly.ts';
import { kinds } from './cloudformation/kinds.ts';
import { account } from './cloudformation/names.ts';
import { reportObjects } from './events/bucket-events.ts';
import { openOutbox } from './events/outbox.ts';
import { readTriggers } from './events/rules.ts';
import { startSchedules } from './events/schedules.ts';
import { targetsOf } from './events/targets.ts';
import type { Authority, Session } from './iam/authority.ts';
import { assertMayConsume } from './iam/event-sources.ts';
import { destinationOf } from './lambda/destinations.ts';
import type { Answer, FunctionDefinition } from './lambda/function-definition.ts';
import type { Functions } from './lambda/functions.ts';
import { type Mapping, readMapping } from './lambda/mappings.ts';
import { consumeQueue } from './lambda/queues.ts';
import { type Consumer, consumeStream } from './lambda/streams.ts';
import { CannotStart } from './process/cannot-start.ts';
import { isObject, parseJson } from './process/json.ts';
import type { Ledger } from './process/ledger.ts';
import type { Log } from './process/log.ts';
import type { AwsOperations, InvokeOperation } from './services/aws-endpoint.ts';
import { clientsOf } from './services/clients.ts';
import type { Storage } from './services/storage.ts';
import { openExecutions } from './step-functions/executions.ts';
import { readMachines } from './step-functions/machines.ts';

type Parts = {
  readonly assembly: Assembly;
  readonly functions: Functions;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly authority: Authority;
  readonly storage: Storage;
  /** The address at which storage is reached with permissions. */
  readonly checkedStorage: string;
  readonly dynamodb: string;
  /** The address of each table's stream. */
  readonly streams: Map<string, string>;
};

/** Connects the triggers of the assembly to its functions and machines. Everything is read and checked before anything runs. */
export function wire(parts: Parts) {
  const { assembly, functions, ledger, log, storage, checkedStorage } = parts;
  const invoke = (arn: string, payload: string) => functions.invoke(functionAt(functions, arn), payload);

  const executions = openExecutions(readMachines(parts, invoke), ledger, (label, status, ms) =>
    log.event(`${label} (machine)`, status, ms),
  );
  const mappings = assembly.all(kinds.mapping).map((mapping) => {
    const { session } = functionAt(functions, mapping.settings.FunctionName);
    assertMayConsume(mapping.settings, session, mapping.label);
    const read = readMapping(mapping, {
      invoke: logged(parts, invoke),
      destinationOf: (arn) => destinationOf(arn, checkedStorage, session.credentials),
    });
    return { session, mapping: read };
  });
  const targets = targetsOf({ ...parts, executions, invoke: logged(parts, invoke) });
  const { triggers, routes } = readTriggers(assembly, targets);

  const running: { stop(): unknown }[] = [];
  const invokeByName: InvokeOperation = async (name, payload) => {
    const definition = functions.find(name);
    return definition === null ? null : functions.invoke(definition, payload);
  };
  const operations: AwsOperations = executions.operations;
  return {
    invoke,
    invokeByName,
    operations,
    /** Starts all event sources and schedules, and resumes the unfinished work of an earlier run. */
    run(): void {
      const outbox = openOutbox(ledger, routes);
      const buckets = assembly
        .all(kinds.bucket)
        .filter(({ settings }) => settings.NotificationConfiguration?.EventBridgeConfiguration !== undefined);
      running.push(
        outbox,
        ...mappings.map(({ mapping, session }) => consume(mapping, session, parts)),
        startSchedules(triggers, ledger, outbox),
      );
      executions.resume();
      reportObjects(
        storage,
        buckets.map(({ name }) => name),
        triggers,
        ledger,
        outbox,
      );
    },
    async stop(): Promise<void> {
      executions.stop();
      await Promise.all([functions.stop(), ...running.map((one) => one.stop())]);
    },
  };
}

function functionAt(functions: Functions, nameOrArn: string): FunctionDefinition {
  const definition = functions.find(nameOrArn);
  if (definition === null) throw new CannotStart(`The function ${nameOrArn} is not in the assembly.`);
  return definition;
}

/** Calls a function and prints a line, since nobody sees the answer of such a call. */
function logged({ functions, log }: Parts, invoke: (arn: string, payload: string) => Promise<Answer>) {
  return async (arn: string, payload: string): Promise<Answer> => {
    const started = Date.now();
    const answer = await invoke(arn, payload);
    log.event(functions.find(arn)?.label ?? arn, outcomeOf(answer), Date.now() - started);
    return answer;
  };
}

/** The outcome of a call, with the class of its error. The message may name a person, so it is not printed. */
function outcomeOf(answer: Answer): string {
  if (!answer.failed) return 'ok';
  const error = parseJson(answer.payload);
  return `failed: ${isObject(error) ? error.errorType : 'unknown'}`;
}

function consume(mapping: Mapping, session: Session, parts: Parts): Consumer {
  const { streams, dynamodb, ledger, log, checkedStorage } = parts;
  const name = mapping.sourceArn.split(':').at(-1) ?? '';
  const onError = (error: unknown) =>
    log.output(`event source ${name}`, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  if (mapping.sourceArn.includes(':sqs:')) {
    const { sqs } = clientsOf(checkedStorage, session.credentials);
    return consumeQueue(mapping, `${checkedStorage}/${account}/${name}`, sqs, onError);
  }
  const stream = streams.get(name.split('/')[1] ?? '');
  if (stream === undefined) throw new CannotStart(`The table of ${mapping.sourceArn} has no stream.`);
  return consumeStream(mapping, { arn: stream, endpoint: dynamodb, ledger, onError });
}
