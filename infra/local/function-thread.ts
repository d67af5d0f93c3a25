import { enableCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod/mini';
import type { FunctionCall, FunctionReport } from './function-thread-types.ts';

/** One warm instance of one function: loads its bundle, then takes one call after the other, as Lambda does. */
const Setup = z.object({
  file: z.string(),
  handler: z.string(),
  name: z.string(),
  arn: z.string(),
  memory: z.number(),
});
const Module = z.record(z.string(), z.unknown());
const Handler = z.custom<(event: unknown, context: unknown) => unknown>((value) => typeof value === 'function');

const setup = z.parse(Setup, workerData);
const report = (message: FunctionReport) => parentPort?.postMessage(message);

enableCompileCache();
const bundle = z.parse(Module, { ...(await import(pathToFileURL(setup.file).href)) });
const handler = z.parse(Handler, bundle[setup.handler]);
parentPort?.on('message', (call: FunctionCall) => void answer(call));
report({ ready: true });

async function answer({ payload, requestId, deadline }: FunctionCall): Promise<void> {
  try {
    const result = await handler(JSON.parse(payload), contextOf(requestId, deadline));
    report({ requestId, failed: false, payload: JSON.stringify(result) ?? 'null' });
  } catch (thrown) {
    report({ requestId, failed: true, payload: JSON.stringify(describe(thrown)) });
  }
}

/** An error as Lambda hands it to the caller. */
function describe(thrown: unknown) {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: thrown.stack?.split('\n') ?? [] };
}

function contextOf(requestId: string, deadline: number) {
  return {
    functionName: setup.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: setup.arn,
    memoryLimitInMB: String(setup.memory),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${setup.name}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}
