import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { closeServer, listen, loopback } from '../process/ports.ts';
import type { Authority } from './authority.ts';
import { type AwsRequest, accessKeyOf, type RefusedAnswer, type Service } from './request.ts';

/** A form's fields come before its file, and are small. */
const longestFields = 64 * 1024;

type Served = {
  /** The address of the server that answers what is allowed. */
  readonly upstream: string;
  readonly authority: Authority;
  serviceOf(request: IncomingMessage): Service;
};

export type CheckingProxy = {
  readonly endpoint: string;
  /** Says who answers and who decides: functions know this address, and are read before anybody can decide. */
  serve(served: Served): void;
  stop(): Promise<void>;
};

/**
 * Stands before a server that knows no permissions: what the caller's role allows is passed on as it came, anything else
 * is refused as AWS refuses it.
 */
export async function openCheckingProxy(port: number): Promise<CheckingProxy> {
  const agent = new Agent({ keepAlive: true });
  let served: Served | null = null;
  const server = createServer((request, response) => {
    if (served === null) return void response.writeHead(503).end();
    handle(request, response, served, agent).catch(() => response.destroy());
  });
  // Whoever listens to a queue is answered late.
  server.requestTimeout = 0;
  const taken = await listen(server, port);
  return {
    endpoint: `http://${loopback}:${taken}`,
    serve(given) {
      served = given;
    },
    async stop() {
      agent.destroy();
      await closeServer(server);
    },
  };
}

async function handle(incoming: IncomingMessage, response: ServerResponse, served: Served, agent: Agent) {
  const { authority, upstream } = served;
  const service = served.serviceOf(incoming);
  const [path = '/', query = ''] = split(incoming.url ?? '/');
  const { method = 'GET', headers } = incoming;
  const head = { method, path, query: new URLSearchParams(query), headers };
  const kind = service.bodyOf(head);
  const chunks =
    kind === 'none' ? [] : await readChunks(incoming, kind === 'all' ? Number.POSITIVE_INFINITY : longestFields);
  const request: AwsRequest = { ...head, body: Buffer.concat(chunks) };
  const key = accessKeyOf(request);
  const refusal = authority.check(key, service.accessesOf(request));
  if (refusal !== null) {
    incoming.resume();
    return answer(response, service.refuse(refusal, request));
  }
  const upwards = send(upstream + incoming.url, { method, headers, agent });
  response.once('close', () => upwards.destroy());
  upwards.once('error', () => response.destroy());
  upwards.once('response', (downwards) => {
    const absent =
      downwards.statusCode === 404 ? authority.check(key, service.accessesIfAbsent?.(request) ?? []) : null;
    if (absent === null) return pass(downwards, response);
    downwards.resume();
    answer(response, service.refuse(absent, request));
  });
  if (kind === 'all') return void upwards.end(request.body);
  for (const chunk of chunks) upwards.write(chunk);
  incoming.pipe(upwards);
}

/** The beginning of a body, of at least so many bytes unless it is shorter. The rest can be read after it. */
async function readChunks(incoming: IncomingMessage, atLeast: number): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size >= atLeast) break;
  }
  return chunks;
}

function pass(downwards: IncomingMessage, response: ServerResponse): void {
  response.writeHead(downwards.statusCode ?? 502, downwards.headers);
  downwards.pipe(response);
}

function answer(response: ServerResponse, { status, headers, body }: RefusedAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

function split(url: string): string[] {
  const at = url.indexOf('?');
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}
