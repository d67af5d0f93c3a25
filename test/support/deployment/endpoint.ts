import type { Server } from 'node:http';
import { listen, loopback } from '../../../infra/local/process/ports.ts';

/** The address of a server, which is started here and does not keep the process alive. */
export async function endpointOf(server: Server): Promise<string> {
  const port = await listen(server, 0);
  server.unref();
  return `http://${loopback}:${port}`;
}
