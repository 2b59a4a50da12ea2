import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runSlipway } from './run-slipway.ts';

describe('./slipway where Temporal is not', () => {
  it.each([
    ['127.0.0.1:1', 'connection refused, nothing listens there'],
    ['localhost:1', 'connection refused, nothing listens there'],
    ['no-such-host.invalid:7233', 'no such host is known'],
  ])('says at once what is wrong with %s, and what to do', async (address, reason) => {
    const { exitCode, stderr } = await runSlipway(['list'], { TEMPORAL_ADDRESS: address });
    expect(exitCode).toBe(3);
    expect(stderr.split('\n')).toEqual([
      `error cannot reach Temporal at ${address} (from TEMPORAL_ADDRESS): ${reason}`,
      expect.stringContaining('./slipway sandbox up'),
      expect.stringContaining('the address comes from'),
    ]);
  });

  it('waits no longer than five seconds for something that does not answer', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { exitCode, stderr } = await runSlipway(['list'], { TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
    silent.close();
    expect(exitCode).toBe(3);
    expect(stderr).toContain('no answer within 5 s');
  });
});
