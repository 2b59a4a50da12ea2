import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../sandbox/servers/cache.ts';
import type { CloudProcess } from './cloud.ts';
import { addImage } from './run-fixtures.ts';
import { withCloud } from './stage.ts';

/** Google's Cloud Run client for Python, as its package index has it. */
const requirement = 'google-cloud-run==0.16.2';
const hasPython = spawnSync('python3', ['-m', 'venv', '--help']).status === 0;

/** Makes a virtual environment with the client, once, beside the built servers. */
async function pythonWithClient(): Promise<string> {
  const folder = join(cacheFolder(), `python-${createHash('sha256').update(requirement).digest('hex').slice(0, 12)}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return python;
  await mkdir(cacheFolder(), { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', folder]);
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await mkdir(join(folder, 'complete'));
  return python;
}

describe.skipIf(!hasPython)('a Cloud Run client of another language (needs python3 with venv)', () => {
  let cloud: CloudProcess;
  let python: string;
  withCloud(
    async (started) => {
      cloud = started;
      python = await pythonWithClient();
    },
    {},
    240_000,
  );

  it('creates, updates, splits traffic, runs a job and follows its operation', async () => {
    const images = [await addImage(cloud, 'snake', 'one'), await addImage(cloud, 'snake', 'two')];
    const script = join(import.meta.dirname, 'run_client.py');
    const result = JSON.parse(
      execFileSync(python, [script, `127.0.0.1:${cloud.grpcPort}`, cloud.parent, ...images], {
        encoding: 'utf8',
        timeout: 60_000,
      }),
    );
    expect(result).toEqual({
      pending_first: true,
      uri: expect.stringMatching(/^http:/),
      split: { 'snake-one': 70, 'snake-two': 30 },
      stale_etag: 'aborted',
      execution_known_at_once: true,
      succeeded: 1,
    });
    expect(cloud.calls().filter(({ effect }) => effect === 'started')).toHaveLength(1);
  });
});
