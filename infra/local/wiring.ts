import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Assembly } from './cloudformation/assembly.ts';
import { kinds } from './cloudformation/kinds.ts';
import { account, arns } from './cloudformation/names.ts';
import { reportObjects } from './events/bucket-events.ts';
import { openOutbox } from './events/outbox.ts';
import { readTriggers } from './events/rules.ts';
import { startSchedules } from './events/schedules.ts';
import { type Destination, destinationOf } from './lambda/destinations.ts';
import type { Answer } from './lambda/function-definition.ts';
import type { Functions } from './lambda/functions.ts';
import { type Mapping, readMapping } from './lambda/mappings.ts';
import { consumeQueue } from './lambda/queues.ts';
import { type Consumer, consumeStream } from './lambda/streams.ts';
import { CannotStart } from './process/cannot-start.ts';
import { isObject, parseJson } from './process/json.ts';
import type { Ledger } from './process/ledger.ts';
import type { Log } from './process/log.ts';
import type { AwsOperations, InvokeOperation } from './services/aws-endpoint.ts';
import type { Storage } from './services/storage.ts';
import { type Executions, openExecutions } from './step-functions/executions.ts';
import { readDefinition } from './step-functions/machine-definition.ts';

type Parts = {
  readonly assembly: Assembly;
  readonly functions: Functions;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly storage: Storage;
  readonly dynamodb: string;
  /** The address of each table's stream. */
  readonly streams: Map<string, string>;
};

/** How often Lambda tries an event again that nobody waits for, unless the function says otherwise. */
const asyncRetries = 2;

/** Ties the triggers of the assembly to its functions and machines. Everything is read and checked before anything runs. */
export function wire(parts: Parts) {
  const { assembly, functions, ledger, log, s3, sqs, storage } = parts;
  const invoke = (arn: string, payload: string) => invokeWith(functions, arn, payload);
  const destination = (arn: string): Destination => destinationOf(arn, { s3, sqs, queues: storage.endpoint });

  const executions = openExecutions(
    readMachines(parts),
    { invoke, readItems: itemReader(s3) },
    ledger,
    (label, status, ms) => log.event(`${label} (machine)`, status, ms),
  );
  const mappings = assembly
    .all(kinds.mapping)
    .map((mapping) => readMapping(mapping, { invoke: logged(parts, invoke), destinationOf: destination }));
  const { triggers, routes } = readTriggers(assembly, {
    destinationOf: destination,
    targetOf: (arn) => targetOf(arn, parts, executions, logged(parts, invoke)),
  });

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
    /** Opens the doors, and takes up what an earlier run left unfinished. */
    run(): void {
      const outbox = openOutbox(ledger, routes);
      const buckets = assembly
        .all(kinds.bucket)
        .filter(({ settings }) => settings.NotificationConfiguration?.EventBridgeConfiguration !== undefined);
      running.push(
        outbox,
        ...mappings.map((mapping) => consume(mapping, parts)),
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

async function invokeWith(functions: Functions, arn: string, payload: string): Promise<Answer> {
  const definition = functions.find(arn);
  if (definition === null) throw new CannotStart(`The function ${arn} is not in the assembly.`);
  return functions.invoke(definition, payload);
}

/** Invocations that nobody sees the answer of get a line of their own. */
function logged({ functions, log }: Parts, invoke: (arn: string, payload: string) => Promise<Answer>) {
  return async (arn: string, payload: string): Promise<Answer> => {
    const started = Date.now();
    const answer = await invoke(arn, payload);
    log.event(functions.find(arn)?.label ?? arn, outcomeOf(answer), Date.now() - started);
    return answer;
  };
}

/** How a call ended, with the kind of its error. The message may name a person, so it stays out. */
function outcomeOf(answer: Answer): string {
  if (!answer.failed) return 'ok';
  const error = parseJson(answer.payload);
  return `failed: ${isObject(error) ? error.errorType : 'unknown'}`;
}

function readMachines({ assembly, functions }: Parts) {
  return assembly.all(kinds.machine).map(({ name, label, settings }) => ({
    name,
    label,
    definition: readDefinition(settings.DefinitionString, label, (arn) => functions.find(arn) !== null),
  }));
}

function itemReader(s3: S3Client) {
  return async (bucket: string, key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return parseJson((await Body?.transformToString()) ?? '');
  };
}

function consume(mapping: Mapping, { streams, dynamodb, ledger, storage, sqs }: Parts): Consumer {
  const name = mapping.sourceArn.split(':').at(-1) ?? '';
  if (mapping.sourceArn.includes(':sqs:')) return consumeQueue(mapping, `${storage.endpoint}/${account}/${name}`, sqs);
  const stream = streams.get(name.split('/')[1] ?? '');
  if (stream === undefined) throw new CannotStart(`The table of ${mapping.sourceArn} has no stream.`);
  return consumeStream(mapping, stream, dynamodb, ledger);
}

/** What a rule or schedule calls: a function, a state machine or a queue. */
function targetOf(
  arn: string,
  { assembly, functions, sqs, storage }: Parts,
  executions: Executions,
  invoke: (arn: string, payload: string) => Promise<Answer>,
) {
  const direct = { retries: 10, onFailure: null };
  const definition = functions.find(arn);
  if (definition !== null) {
    const config = assembly.all(kinds.invokeConfig).find(({ settings }) => settings.FunctionName === definition.name);
    return {
      retries: config?.settings.MaximumRetryAttempts ?? asyncRetries,
      onFailure: config?.settings.DestinationConfig?.OnFailure?.Destination ?? definition.deadLetterArn,
      call: async (payload: string) => !(await invoke(arn, payload)).failed,
    };
  }
  if (assembly.all(kinds.machine).some(({ name }) => arns.machine(name) === arn)) {
    return { ...direct, call: (payload: string) => executions.start(arn, payload).then(() => true) };
  }
  const queue = assembly.all(kinds.queue).find(({ name }) => arns.queue(name) === arn);
  if (queue === undefined) throw new CannotStart(`The target ${arn} of a rule is not known to the local stack.`);
  const command = (MessageBody: string) =>
    new SendMessageCommand({ QueueUrl: `${storage.endpoint}/${account}/${queue.name}`, MessageBody });
  return { ...direct, call: (payload: string) => sqs.send(command(payload)).then(() => true) };
}
