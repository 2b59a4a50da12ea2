import { isIP } from 'node:net';
import type { MetricsExporterConfig } from '@temporalio/worker';

const loopback = '127.0.0.1';

/**
 * Reads where Prometheus may ask for the SDK's metrics: a port of this machine, or an address and a port. Nothing is
 * served where nothing is said.
 */
export function metricsExporter(given: string | undefined): MetricsExporterConfig | undefined {
  if (!given) return undefined;
  const [, address = loopback, port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(given) ?? [];
  if (port === '' || isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0)
    throw new Error(
      `SLIPWAY_METRICS is ${given}: it must be a port, or an IP address and a port, such as 0.0.0.0:9464`,
    );
  return { prometheus: { bindAddress: `${address}:${port}` } };
}
