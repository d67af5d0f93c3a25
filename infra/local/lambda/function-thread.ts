import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FunctionCall, FunctionReport, FunctionSetup } from './function-thread-types.ts';

type Handler = (event: unknown, context: object) => unknown;

/**
 * One warm instance of one function: loads its bundle, then takes one call after the other, as Lambda does. It is
 * started often and loads nothing else, so that a first call waits for little more than the function itself.
 */
const setup: FunctionSetup = workerData;
const report = (message: FunctionReport) => parentPort?.postMessage(message);

const bundle: Record<string, Handler | undefined> = await import(pathToFileURL(setup.file).href);
const handler = bundle[setup.handler];
if (handler === undefined) throw new Error(`${setup.file} has no ${setup.handler}.`);
parentPort?.on('message', (call: FunctionCall) => void answer(call));
report({ ready: true });

async function answer({ payload, requestId, deadline }: FunctionCall): Promise<void> {
  try {
    const result = await handler?.(JSON.parse(payload), contextOf(requestId, deadline));
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
