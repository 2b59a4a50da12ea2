import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { readJson, writeJson } from '../atomic-file.ts';

/** Draws before it gives up; there are 64 networks. */
const draws = 500;
/** Port that a cluster's process listens on in its network, so that no other cluster takes the network. */
const claimPort = 6_443;

/**
 * Reads the cluster's own part of 127.0.0.0/8 from the file, or draws one that no other cluster here has: the
 * addresses of its Services and pods are in it. The claim holds as long as this process lives.
 */
export const serviceNetworkOf = async (file: string): Promise<string> => {
  const { serviceNetwork } = ((await readJson(file)) ?? {}) as { serviceNetwork?: string };
  if (serviceNetwork !== undefined) {
    await claim(serviceNetwork);
    return serviceNetwork;
  }
  for (let draw = 0; draw < draws; draw += 1) {
    const network = `127.${randomInt(64, 128)}.0.0/16`;
    if (!(await claim(network))) continue;
    await writeJson(file, { serviceNetwork: network });
    return network;
  }
  throw new Error('every network for a cluster, 127.64.0.0/16 to 127.127.0.0/16, is taken: stop a cluster first');
};

const claim = async (network: string): Promise<boolean> => {
  const server = createServer().unref();
  server.listen(claimPort, network.replace('0.0/16', '255.254'));
  return once(server, 'listening').then(
    () => true,
    () => false,
  );
};
