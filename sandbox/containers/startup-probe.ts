import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '../cloud/run/resources/resources.ts';

/** How often the sandbox looks within one period of the platform, so that a quick start is seen quickly. */
const lookEveryMs = 25;

/**
 * True once the container answers as its start-up probe wants; false when the probe's whole time is over or the
 * container has gone.
 */
export async function passesStartupProbe(probe: Probe, port: number, gone: AbortSignal): Promise<boolean> {
  const allowed = probe.initialDelaySeconds + probe.periodSeconds * probe.failureThreshold;
  const deadline = Date.now() + Math.max(allowed, probe.timeoutSeconds) * 1000;
  while (Date.now() < deadline && !gone.aborted) {
    const passed = probe.httpGet ? await answersHttp(probe, port) : await listens(port);
    if (passed) return !gone.aborted;
    await sleep(lookEveryMs);
  }
  return false;
}

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.setTimeout(1000, () => finish(false));
  });
}

async function answersHttp(probe: Probe, port: number): Promise<boolean> {
  const headers = (probe.httpGet?.httpHeaders ?? []).map((header): [string, string] => [header.name, header.value]);
  try {
    const response = await fetch(`http://127.0.0.1:${port}${probe.httpGet?.path || '/'}`, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(probe.timeoutSeconds * 1000),
    });
    await response.body?.cancel();
    return response.status >= 200 && response.status < 400;
  } catch {
    return false;
  }
}
