import { createServer } from 'node:net';
import type { Store } from './store.ts';

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new Error('no free port on 127.0.0.1');
  return address.port;
}

/** The port that was given out under this name before, or a free one that is remembered from now on. */
export async function rememberedPort(store: Store, name: string): Promise<number> {
  const ports = store.collection<number>('ports');
  const known = ports.get(name);
  if (known !== undefined) return known;
  let port = await freePort();
  while (ports.list().includes(port)) port = await freePort();
  // Somebody else may have asked for the same name meanwhile.
  const given = ports.get(name) ?? port;
  ports.put(name, given);
  return given;
}
