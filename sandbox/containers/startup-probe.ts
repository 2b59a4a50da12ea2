import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A start-up probe: by HTTP where `http` is given, else by a connection. */
export interface StartupProbe {
  /** The time in which the container must pass. */
  allowedMs: number;
  /** The time that one HTTP request may take. */
  timeoutMs: number;
  http?: { path: string; headers: [name: string, value: string][] };
}

/** The pause between two looks. It is shorter than a platform's period, so that a quick start is seen quickly. */
const pollEveryMs = 25;
const connectTimeoutMs = 1000;

/** Waits until the container passes; answers false when the time is over or the container has gone. */
export async function passesStartupProbe(probe: StartupProbe, port: number, gone: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + probe.allowedMs;
  while (Date.now() < deadline && !gone.aborted) {
    const passed = probe.http ? await answersHttp(probe.http, probe.timeoutMs, port) : await listens(port);
    if (passed) return !gone.aborted;
    await sleep(pollEveryMs);
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
    socket.setTimeout(connectTimeoutMs, () => finish(false));
  });
}

async function answersHttp(
  { path, headers }: NonNullable<StartupProbe['http']>,
  timeoutMs: number,
  port: number,
): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.status >= 200 && response.status < 400;
  } catch {
    return false;
  }
}
