import { isLoopback } from '../activities/loopback.ts';
import type { SandboxDescription } from '../sandbox/description.ts';

interface Connections {
  /** Temporal's `host:port`, as the environment names it. */
  address: string;
  /** The emulated cloud's `host:port`; undefined where Google's own is used. */
  cloud: string | undefined;
  /** The sandbox of this folder, if it is up. */
  sandbox: Pick<SandboxDescription, 'dir' | 'temporal'> | undefined;
}

/**
 * Throws where a sandbox and the real world would be mixed. Runs of a production's Temporal would be released into an
 * emulator and said to be released; runs of a sandbox, which anybody may start, would reach the real Google Cloud.
 */
export function refuseMixture({ address, cloud, sandbox }: Connections): void {
  const temporal = placeOf(address);
  if (cloud !== undefined && !isLoopback(temporal.host))
    throw new Error(
      `SLIPWAY_CLOUD_GRPC names an emulated cloud (${cloud}), but Temporal at ${address} is not on this machine: ` +
        'unset SLIPWAY_CLOUD_GRPC and SLIPWAY_CLOUD_HTTP to work for it, ' +
        'or unset TEMPORAL_ADDRESS to work for a sandbox',
    );
  if (cloud !== undefined || !sandbox?.temporal) return;
  const own = placeOf(sandbox.temporal.address);
  if (own.port === temporal.port && (own.host === temporal.host || isLoopback(temporal.host)))
    throw new Error(
      `Temporal at ${address} is that of the sandbox in ${sandbox.dir}, but Google Cloud would be the real one: ` +
        'unset TEMPORAL_ADDRESS (or the profile) to work for the sandbox, or name another Temporal',
    );
}

function placeOf(address: string): { host: string; port: string } {
  const { hostname, port } = new URL(`tcp://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port };
}
