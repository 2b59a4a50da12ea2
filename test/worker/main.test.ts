import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { WorkerProcess } from '../end-to-end/worker-process.ts';
import { sharedTemporal } from '../shared-temporal.ts';

it('a worker that cannot reach Temporal says so and why, and ends', async () => {
  const program = path.join(import.meta.dirname, '..', '..', 'worker', 'main.ts');
  const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_CONFIG_FILE: '/nonexistent' };
  const { exitCode, stdout } = await execa(process.execPath, [program], { env, reject: false });
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
    level: 'fatal',
    msg: 'cannot reach Temporal at 127.0.0.1:1: start it, or say by TEMPORAL_ADDRESS where it is',
    error: { message: expect.stringContaining('Connection refused') },
  });
});

it('a worker that is told to stop says what becomes of its work', async () => {
  const temporal = await sharedTemporal();
  // It asks a cloud for nothing until it has work.
  const cloud = { SLIPWAY_CLOUD_GRPC: '127.0.0.1:1', SLIPWAY_CLOUD_HTTP: 'http://127.0.0.1:1' };
  const worker = await WorkerProcess.start({ TEMPORAL_ADDRESS: temporal.address, ...cloud });
  await worker.stop();
  const said = worker.log.split('\n').filter((line) => line.startsWith('{'));
  expect(said.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(
    expect.arrayContaining([expect.stringContaining('worker stops: what is under way has 10 s'), 'worker stopped']),
  );
  await temporal.teardown();
});
