import { arns } from '../../cloudformation/names.ts';
import { jsonOf, operationOf, refuseInJson, type Service } from '../request.ts';

/** SQS: the batch of an operation needs the action of a single one. */
export const sqsService: Service = {
  bodyOf: () => 'all',
  accessesOf(request) {
    const { QueueUrl, QueueName } = jsonOf(request);
    const name =
      String(QueueUrl ?? QueueName ?? '')
        .split('/')
        .at(-1) ?? '';
    const resource = name === '' ? '*' : arns.queue(name);
    return [{ action: `sqs:${operationOf(request).replace(/Batch$/, '')}`, resource }];
  },
  refuse(refusal) {
    const answer = refuseInJson(refusal, 403);
    return { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': 'AccessDenied;Sender' } };
  },
};
