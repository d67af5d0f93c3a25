import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { region } from '../cloudformation/names.ts';
import { sleep } from '../process/sleep.ts';
import type { SourceRecord } from './batch.ts';
import type { Mapping } from './mappings.ts';
import type { Consumer } from './streams.ts';

const errorDelayMs = 200;

/**
 * Reads a queue for one mapping. Messages that the function handles are deleted. The others become visible again after
 * the queue's visibility timeout, until its redrive policy moves them to the dead-letter queue.
 */
export function consumeQueue(
  mapping: Mapping,
  queueUrl: string,
  client: SQSClient,
  onError: (error: unknown) => void,
): Consumer {
  const stopping = new AbortController();

  async function receive(most: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(10, most),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await client.send(command, { abortSignal: stopping.signal });
    return Messages;
  }

  /** Waits for a first message, then fills the batch for as long as the mapping's window is open. */
  async function batch(): Promise<Message[]> {
    const messages = await receive(mapping.batchSize, 20);
    const until = Date.now() + mapping.windowMs;
    while (messages.length > 0 && messages.length < mapping.batchSize && !stopping.signal.aborted) {
      const more = await receive(mapping.batchSize - messages.length, Date.now() < until ? 1 : 0);
      messages.push(...more);
      if (more.length === 0 && Date.now() >= until) break;
    }
    return messages;
  }

  async function handle(messages: Message[]): Promise<void> {
    const accepted = messages.filter((message) => mapping.accepts(queueEvent(message, mapping.sourceArn)));
    const records = accepted.map((message) => sourceRecord(message, mapping.sourceArn));
    const failed = records.length === 0 ? [] : await mapping.policy.invoke(records);
    if (failed === null) return;
    const done = messages.filter(({ MessageId }) => !failed.includes(MessageId ?? ''));
    for (let at = 0; at < done.length; at += 10) {
      const Entries = done
        .slice(at, at + 10)
        .map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle: ReceiptHandle ?? '' }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }

  async function pollOnce(): Promise<void> {
    const messages = await batch();
    if (messages.length > 0) await handle(messages);
  }

  /** Waits after an error. Messages that were received become visible again by themselves. */
  async function recover(error: unknown): Promise<void> {
    if (!stopping.signal.aborted) onError(error);
    await sleep(errorDelayMs, stopping.signal);
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) await pollOnce().catch(recover);
  }

  const polling = Array.from({ length: mapping.concurrency }, poll);
  return {
    async stop() {
      stopping.abort();
      await Promise.all(polling);
    },
  };
}

function sourceRecord(message: Message, sourceArn: string): SourceRecord {
  return {
    id: message.MessageId ?? '',
    at: Number(message.Attributes?.SentTimestamp ?? Date.now()),
    event: queueEvent(message, sourceArn),
    itemKey: '',
  };
}

/** A message as Lambda gets it. */
function queueEvent(message: Message, sourceArn: string): object {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue, DataType }]) => [
        name,
        { stringValue: StringValue, dataType: DataType, stringListValues: [], binaryListValues: [] },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: sourceArn,
    awsRegion: region,
  };
}
