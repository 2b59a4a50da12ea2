import { readSandbox } from '../../sandbox/description.ts';
import type { TestSandbox } from '../end-to-end/sandbox.ts';
import { eventually } from '../until.ts';

/** SIGKILL for the Temporal server; its supervisor starts it again on its database file. Waits until it is there. */
export async function killTemporal(sandbox: TestSandbox): Promise<void> {
  const pidOf = async () => (await readSandbox(sandbox.description.dir))?.temporal?.pid;
  const before = (await pidOf()) ?? 0;
  process.kill(before, 'SIGKILL');
  await eventually('the server again', async () => {
    const now = await pidOf();
    return now !== undefined && now !== before;
  });
}
