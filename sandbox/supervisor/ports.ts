import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { readJson, writeJson } from '../atomic-file.ts';

const names = ['temporal', 'temporalUi', 'temporalHttp', 'temporalMetrics', 'postgres', 'cloudGrpc', 'cloudHttp'] as const;

/** A port of 127.0.0.1 for every listener of the sandbox. */
export type Ports = Record<(typeof names)[number], number>;

/** Below the range that systems take for outgoing connections, so that a remembered port is still free at the next start. */
const lowest = 20_000;
const beyond = 30_000;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

const freePort = async (taken: Set<number>): Promise<number> => {
  for (;;) {
    const port = randomInt(lowest, beyond);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
};

/** The ports that this sandbox had before, or free ones, remembered in the file from now on. One that somebody else took meanwhile is replaced. */
export const rememberedPorts = async (file: string, say: (line: string) => void): Promise<Ports> => {
  const known = ((await readJson(file)) ?? {}) as Partial<Ports>;
  const ports: Partial<Ports> = {};
  for (const name of names) {
    const before = known[name];
    const taken = new Set(Object.values(ports));
    if (before !== undefined && (await isFree(before))) {
      ports[name] = before;
      continue;
    }
    ports[name] = await freePort(taken);
    if (before !== undefined) say(`port ${before} of ${name} is in use by another program, ${ports[name]} from now on`);
  }
  await writeJson(file, ports);
  return ports as Ports;
};
