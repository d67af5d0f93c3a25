import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { answerTo, readBody } from '../http-api/request-body.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../process/json.ts';
import { closeServer, listen, loopback } from '../process/ports.ts';

/** An error response of an AWS service. Its code becomes the class of the error in the SDK. */
export class AwsError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Operations by their target header, such as `secretsmanager.GetSecretValue`. */
export type AwsOperations = Record<string, (input: JsonObject) => Promise<Json>>;
/** Invokes a function by name or ARN: null when there is none. */
export type InvokeOperation = (name: string, payload: string) => Promise<{ failed: boolean; payload: string } | null>;

const largestPayload = 6 * 1024 * 1024;
const invocation = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** One address that speaks what the SDK sends to Secrets Manager, Step Functions and Lambda. */
export async function startAwsEndpoint() {
  let operations: AwsOperations = {};
  let invoke: InvokeOperation = async () => null;
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const known = error instanceof AwsError ? error : new AwsError('InternalFailure', 'The local stack failed.');
      response.setHeader('x-amzn-errortype', known.code);
      const status = error instanceof AwsError ? 400 : 500;
      answerTo(response, status, JSON.stringify({ __type: known.code, message: known.message }));
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, largestPayload);
    if (body === null) throw new AwsError('RequestTooLargeException', 'The payload is larger than 6 MB.');
    const name = invocation.exec(request.url ?? '')?.[1];
    if (name !== undefined) return invokeFunction(decodeURIComponent(name), body.toString(), response);
    const target = String(request.headers['x-amz-target']);
    const operation = operations[target];
    if (operation === undefined) throw new AwsError('UnknownOperationException', `${target} is not known here.`);
    const input = parseJson(body.toString());
    answerTo(response, 200, JSON.stringify(await operation(isObject(input) ? input : {})));
  }

  async function invokeFunction(name: string, payload: string, response: ServerResponse): Promise<void> {
    const answer = await invoke(name, payload === '' ? '{}' : payload);
    if (answer === null) throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`);
    if (answer.failed) response.setHeader('x-amz-function-error', 'Unhandled');
    response.setHeader('x-amz-executed-version', '$LATEST');
    answerTo(response, 200, answer.payload);
  }

  const port = await listen(server, 0);
  return {
    endpoint: `http://${loopback}:${port}`,
    /** Sets the operations. The functions need this address before they can be called, so it opens without operations. */
    serve(served: AwsOperations, invocations: InvokeOperation): void {
      operations = served;
      invoke = invocations;
    },
    stop: () => closeServer(server),
  };
}
