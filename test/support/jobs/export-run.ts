import { createServer } from 'node:http';
import { handler as finish } from '../../../functions/exports/finish.ts';
import { handler as plan } from '../../../functions/exports/plan.ts';
import { handler as writePart } from '../../../functions/exports/write-part.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { endpointOf } from '../deployment/endpoint.ts';

/** A Lambda with this many milliseconds left. */
export const withTime = (ms: number) => ({ getRemainingTimeInMillis: () => ms });
const inTime = withTime(900_000);

type Item = { readonly job: string; readonly part: number };

/** Plans an export and answers its parts, as the workflow reads them. */
export async function partsOfExport(job: string, bucket: Bucket): Promise<readonly Item[]> {
  const { planned, manifest } = await plan({ job }, inTime);
  return planned ? JSON.parse(String(await bucket.get(manifest.key))) : [];
}

/** Runs an export as its workflow does, one part after the other. */
export async function runExport(job: string, bucket: Bucket): Promise<void> {
  const parts = await partsOfExport(job, bucket);
  for (const item of parts) while (!(await writePart(item, inTime)).done);
  while (!(await finish({ job }, inTime)).done);
}

/** A fake of Step Functions that runs nothing, and records the runs that it was asked to start. */
export async function startMachines(): Promise<{
  readonly started: readonly { name: string; input: string }[];
  /** Ends every run that was started so far, in this status. */
  readonly end: (status: string) => void;
}> {
  const started: { name: string; input: string }[] = [];
  const ended = new Map<string, string>();
  const begun = (asked: { name: string; input: string }) => {
    started.push(asked);
    return { executionArn: 'arn:run', startDate: 0 };
  };
  const described = ({ executionArn }: { executionArn: string }) => {
    const run = executionArn.split(':').at(-1) ?? '';
    if (!started.some(({ name }) => name === run)) return { __type: 'ExecutionDoesNotExist' };
    return { executionArn, startDate: 0, status: ended.get(run) ?? 'RUNNING' };
  };
  const running = ({ stateMachineArn }: { stateMachineArn: string }) => ({
    executions: started
      .filter(({ name }) => !ended.has(name))
      .map(({ name }) => ({ executionArn: 'arn:run', stateMachineArn, name, status: 'RUNNING', startDate: 0 })),
  });
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
      const answers: Record<string, (input: never) => object> = {
        StartExecution: begun,
        DescribeExecution: described,
        ListExecutions: running,
      };
      const answer = answers[operation]?.(JSON.parse(body) as never) ?? { __type: 'UnknownOperation' };
      response.statusCode = '__type' in answer ? 400 : 200;
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify(answer));
    });
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SFN: await endpointOf(server),
    EXPORT_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:export',
    SEGMENT_WALK_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:segment-walk',
  });
  const end = (status: string) => {
    for (const { name } of started) ended.set(name, status);
  };
  return { started, end };
}
