import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { readJson, writeJson } from '../atomic-file.ts';

/** The listeners of the parts that are always there, of monitoring, and of the receiver of alerts. */
export const portNames = [
  'temporal',
  'temporalUi',
  'temporalHttp',
  'temporalMetrics',
  'postgres',
  'cloudGrpc',
  'cloudHttp',
  'prometheus',
  'alertmanager',
  'alerts',
] as const;

/** A port of 127.0.0.1 for every listener of the sandbox. */
export type Ports = Record<(typeof portNames)[number], number>;

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

export interface PortsOptions<Name extends string> {
  file: string;
  names: readonly Name[];
  /** Ports to take where they are free and none is remembered. */
  wanted?: Partial<Record<Name, number>>;
  say: (line: string) => void;
}

/** Reads the ports by name from the file, and adds free ones. One that somebody else took meanwhile is replaced. */
export const rememberedPorts = async <Name extends string>({
  file,
  names,
  wanted = {},
  say,
}: PortsOptions<Name>): Promise<Record<Name, number>> => {
  const remembered = ((await readJson(file)) ?? {}) as Partial<Record<Name, number>>;
  const ports: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const before = remembered[name];
    const taken = new Set(Object.values<number>(ports as Record<Name, number>));
    if (before !== undefined && (await isFree(before))) {
      ports[name] = before;
      continue;
    }
    ports[name] = await freePort(wanted[name], taken);
    if (before !== undefined)
      say(`port ${before} of ${name} is in use by another program; ${name} uses ${ports[name]} from now on`);
  }
  await writeJson(file, ports);
  return ports as Record<Name, number>;
};
