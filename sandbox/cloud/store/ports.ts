import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Store } from './store.ts';

/**
 * The range of ports to give out. It is below the one for outgoing connections, so that a remembered port is still free
 * after a restart.
 */
const firstPort = 21_000;
const lastPort = 29_999;
const maxTries = 200;

/** Finds a port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const port = randomInt(firstPort, lastPort);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1 between ${firstPort} and ${lastPort}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Finds the port that has this name, or a free one that has it from now on. */
export async function rememberedPort(store: Store, name: string): Promise<number> {
  const ports = store.collection<number>('ports');
  const remembered = ports.get(name);
  if (remembered !== undefined) return remembered;
  let port = await freePort();
  while (ports.list().includes(port)) port = await freePort();
  // Somebody else may have asked for the same name meanwhile.
  const final = ports.get(name) ?? port;
  ports.put(name, final);
  return final;
}
