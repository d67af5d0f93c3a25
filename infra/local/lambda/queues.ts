import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { region } from '../cloudformation/names.ts';
import { nap } from '../process/sleep.ts';
import type { SourceRecord } from './batch.ts';
import type { Mapping } from './mappings.ts';
import type { Consumer } from './streams.ts';

/**
 * Reads a queue for one mapping. What the function handles is deleted; what it does not comes back when its visibility
 * ends, and goes to the dead-letter queue as the queue itself says.
 */
export function consumeQueue(mapping: Mapping, queueUrl: string, client: SQSClient): Consumer {
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

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const messages = await batch();
        if (messages.length > 0) await handle(messages);
      } catch {
        // The queue server is stopping or busy. What was received comes back by itself.
        await nap(200, stopping.signal);
      }
    }
  }

  const polling = Array.from({ length: mapping.lanes }, poll);
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
    lane: '',
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
