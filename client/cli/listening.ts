import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CommandError } from './command-error.ts';

/** Where a command that serves listens. */
export interface Endpoint {
  host: string;
  port: number;
}

/** Makes a server listen, and answers its root address. Throws a CommandError when it cannot. */
export async function listen(server: Server, { host, port }: Endpoint): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw cannotListen({ host, port }, error as NodeJS.ErrnoException);
  }
  const { address, port: own, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${own}/`;
}

/** Takes no more requests, gives those under way so long, and ends. */
export async function closeServer(server: Server, withinMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const force = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearTimeout(force);
}

/** Waits for Ctrl-C, or for what stops a service. */
export async function stopRequest(interrupted: AbortSignal): Promise<void> {
  const terminated = once(process, 'SIGTERM');
  const aborted = interrupted.aborted ? Promise.resolve() : once(interrupted, 'abort');
  await Promise.race([terminated, aborted]);
}

function cannotListen({ host, port }: Endpoint, { code, message }: NodeJS.ErrnoException): CommandError {
  return code === 'EADDRINUSE'
    ? CommandError.failed(`port ${port} of ${host} is taken by another process`, ['give another one with --port'])
    : CommandError.failed(`cannot listen at ${host}:${port}: ${code ?? message}`);
}
