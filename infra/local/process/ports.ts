import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { CannotStart } from './cannot-start.ts';
import { type Ledger, note, writeNote } from './ledger.ts';

export const loopback = '127.0.0.1';

/** A port for a server: the one of the last start if it is free, so that a page in the browser finds its server again. */
export async function keptPort(ledger: Ledger, name: string): Promise<number> {
  const last = note(ledger, `port ${name}`);
  const port = await freePort(last === null ? undefined : Number(last));
  writeNote(ledger, `port ${name}`, String(port));
  return port;
}

/** A port that was free a moment ago; `preferred`, if it was. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred === undefined) return tryPort(0);
  return tryPort(preferred).catch(() => tryPort(0));
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, loopback, () => {
      const taken = portOf(probe);
      probe.close(() => resolve(taken));
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port.');
  return address.port;
}

/** Starts a server on the loopback interface and answers its port. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const inUse = 'code' in error && error.code === 'EADDRINUSE';
      reject(inUse ? new CannotStart(`Port ${port} is in use. Stop what uses it, or start with --port N.`) : error);
    });
    server.listen(port, loopback, () => resolve(portOf(server)));
  });
}

export async function closeServer(server: HttpServer): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
