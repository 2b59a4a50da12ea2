import { describe, expect, it } from 'vitest';
import { metricsExporter } from '../../worker/metrics.ts';
import { startTemporal } from '../alerts/temporal.ts';
import { WorkerProcess } from '../end-to-end/worker-process.ts';
import { openedForFile } from '../opened-for-file.ts';
import { freePort } from '../sandbox/postgres.ts';
import { eventually } from '../until.ts';

describe('SLIPWAY_METRICS', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['9464', '127.0.0.1:9464'],
    ['0.0.0.0:9464', '0.0.0.0:9464'],
    ['[::1]:9464', '[::1]:9464'],
  ])('%s: what is served, and where', (given, bindAddress) => {
    expect(metricsExporter(given)).toEqual(bindAddress && { prometheus: { bindAddress } });
  });

  it.each(['on', 'localhost:9464', ':9464', '127.0.0.1'])('%s is refused, with an example', (given) => {
    expect(() => metricsExporter(given)).toThrow(`SLIPWAY_METRICS is ${given}: it must be a port`);
  });
});

describe('a worker', () => {
  const temporal = openedForFile(startTemporal, async (opened) => opened.close());

  it('tells Prometheus of its work, where it is asked for that', async () => {
    const port = await freePort();
    const worker = await WorkerProcess.start({
      TEMPORAL_ADDRESS: temporal.address,
      SLIPWAY_CLOUD_GRPC: '127.0.0.1:1',
      SLIPWAY_CLOUD_HTTP: 'http://127.0.0.1:1',
      SLIPWAY_METRICS: String(port),
    });
    try {
      const pollers = await eventually('the worker tells of its pollers', async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        return /^temporal_num_pollers\{.*\} [1-9]\d*$/m.exec(await answer.text())?.[0];
      });
      expect(pollers).toContain('task_queue="slipway"');
    } finally {
      await worker.stop();
    }
  });
});
