import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestSandbox } from './sandbox.ts';

const main = path.join(import.meta.dirname, '..', '..', 'client', 'main.ts');

/** Runs `./slipway` against a sandbox, in a process of its own; answers what it prints. */
export async function slipway({ description }: TestSandbox, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--dir', description.dir]);
  return stdout;
}
