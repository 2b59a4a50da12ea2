import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Checkout } from '../ports/index.ts';

const timeoutMs = 60_000;
/** Allows a local path as a source: our own mirror, and only here. A machine's git templates bring no hooks. */
const environment = { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'file' };

/**
 * Checks a commit out into a new folder, over the mirror's objects. No other checkout is in it, and nothing goes back.
 */
export async function openCheckout(mirror: string, commit: string): Promise<Checkout> {
  const source = path.resolve(mirror);
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-checkout-'));
  const close = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    await git(['clone', '--quiet', '--shared', '--no-checkout', '--template=', '--end-of-options', source, folder]);
    await git(['-C', folder, '-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--detach', commit]);
    return { folder, mirror: source, installed: new Set(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function git(args: string[]): Promise<void> {
  await execa('git', args, { env: environment, timeout: timeoutMs, stdin: 'ignore' });
}
