import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const main = fileURLToPath(new URL('../../client/main.ts', import.meta.url));

export interface Ran {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Starts `./slipway` as a process of its own, in a pipe, with nothing configured but these variables. */
export function spawnSlipway(words: readonly string[], variables: Record<string, string> = {}) {
  return execa(process.execPath, [main, ...words], {
    reject: false,
    env: {
      TEMPORAL_CONFIG_FILE: '/nonexistent',
      SLIPWAY_USER: 'ann@example.com',
      SLIPWAY_CATALOG: '/nonexistent',
      ...variables,
    },
  });
}

export function ranOf({ exitCode, stdout, stderr }: { exitCode?: number; stdout: string; stderr: string }): Ran {
  return { exitCode, stdout, stderr };
}

/** Runs `./slipway` where no Temporal is. */
export async function runSlipway(words: readonly string[], variables: Record<string, string> = {}): Promise<Ran> {
  return ranOf(await spawnSlipway(words, { TEMPORAL_ADDRESS: '127.0.0.1:1', ...variables }));
}
