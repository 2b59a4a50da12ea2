import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { startCloud } from './cloud.ts';
import type { CloudProcess, StartOptions } from './cloud.ts';

/** Starts an emulator before the tests and hands it to `open`; stops it after them. */
export function withCloud(
  open: (cloud: CloudProcess) => Promise<void> | void,
  options: StartOptions = {},
  timeoutMs?: number,
): void {
  let cloud: CloudProcess | undefined;
  beforeAll(async () => {
    cloud = await startCloud(options);
    await open(cloud);
  }, timeoutMs);
  afterAll(async () => await cloud?.stop());
}

/** Starts an emulator for one test, which ends with the test. */
export async function startForTest(options: StartOptions = {}): Promise<CloudProcess> {
  const cloud = await startCloud(options);
  onTestFinished(async () => await cloud.stop());
  return cloud;
}

/** Kills an emulator and starts it again with the same folder and ports, as the sandbox does. */
export async function restart(cloud: CloudProcess, options: StartOptions = {}): Promise<CloudProcess> {
  await cloud.stop('SIGKILL');
  return await startForTest({ dir: cloud.dir, grpcPort: cloud.grpcPort, httpPort: cloud.httpPort, ...options });
}
