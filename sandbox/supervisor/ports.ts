import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { readJson, writeJson } from '../atomic-file.ts';

const names = [
  'temporal',
  'temporalUi',
  'temporalHttp',
  'temporalMetrics',
  'postgres',
  'cloudGrpc',
  'cloudHttp',
  'prometheus',
] as const;

/** A port of 127.0.0.1 for every listener of the sandbox. */
export type Ports = Record<(typeof names)[number], number>;

/**
 * The range of ports to give out. It is below the one for outgoing connections, so that a remembered port is still free
 * after a restart.
 */
const minPort = 20_000;
const endPort = 30_000;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/**
 * Ports where Temporal's own tools look first: with these, a pasted command needs no address. For one sandbox only, the
 * project's own.
 */
export const usualPorts: Partial<Ports> = { temporal: 7233, temporalUi: 8233 };

const freePort = async (wanted: number | undefined, taken: Set<number>): Promise<number> => {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  for (;;) {
    const port = randomInt(minPort, endPort);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
};

/**
 * Reads this sandbox's ports from the file, and adds free ones (the usual ones, where they are free). One that somebody
 * else took meanwhile is replaced.
 */
export const rememberedPorts = async (
  file: string,
  say: (line: string) => void,
  wanted: Partial<Ports> = {},
): Promise<Ports> => {
  const remembered = ((await readJson(file)) ?? {}) as Partial<Ports>;
  const ports: Partial<Ports> = {};
  for (const name of names) {
    const before = remembered[name];
    const taken = new Set(Object.values(ports));
    if (before !== undefined && (await isFree(before))) {
      ports[name] = before;
      continue;
    }
    ports[name] = await freePort(wanted[name], taken);
    if (before !== undefined)
      say(`port ${before} of ${name} is in use by another program; ${name} uses ${ports[name]} from now on`);
  }
  await writeJson(file, ports);
  return ports as Ports;
};
