import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Storage } from '@google-cloud/storage';
import { afterAll, describe, expect, it } from 'vitest';
import { rollbackOf } from '../end-to-end/runs.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import type { WorkerProcess } from '../end-to-end/worker-process.ts';

const bucket = 'gs://slipway-ledgers/audit';
const main = path.join(import.meta.dirname, '..', '..', 'client', 'main.ts');
/** So many calls of the store are refused while it is away, unless it is back before. */
const refusals = 60;
const patient = { timeout: 90_000, interval: 1_000 };

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const sandbox = openSandbox({
  hasWorker: false,
  async prepare({ cloud: { http: apiEndpoint, project: projectId } }) {
    await new Storage({ apiEndpoint, projectId }).createBucket('slipway-ledgers');
  },
});

/** Starts a worker with a folder of its own. */
async function newWorker(): Promise<WorkerProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-worker-'));
  folders.push(folder);
  return sandbox.worker({ SLIPWAY_EVIDENCE: folder, SLIPWAY_EVIDENCE_BUCKET: bucket });
}

/** What `./slipway ledger verify` says of the one ledger, in a process of its own. */
async function verified(): Promise<{ entries: number; problems: string[] } | undefined> {
  const args = [main, 'ledger', 'verify', '--bucket', bucket, '--dir', sandbox.description.dir, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { ledgers } = JSON.parse(stdout) as { ledgers: { entries: number; problems: string[] }[] };
  expect(ledgers).toHaveLength(1);
  return ledgers[0];
}

describe('two workers with a folder each, and one bucket', () => {
  it('that refuses every write for a while: changes go on whichever works, and there is one whole chain', async () => {
    const { runs, control } = sandbox;
    const estate = await sandbox.estate({ name: 'ledgers' });
    const one = await newWorker();
    const two = await newWorker();
    await runs.complete('deploy', estate.input('good'));
    await expect.poll(verified, patient).toMatchObject({ entries: 1, problems: [] });
    for (let nth = 1; nth <= refusals; nth += 1)
      await control.addFault({
        method: 'google.storage.v2.Storage/WriteObject',
        nth,
        kind: 'error',
        code: 'PERMISSION_DENIED',
      });
    await one.kill();
    await runs.complete('deploy', estate.input('baseline'));
    await newWorker();
    await two.kill();
    await runs.complete('rollback', rollbackOf(estate, { to: estate.commit('good') }));
    expect((await runs.environment(estate.name)).ledger).toHaveLength(3);
    expect(await verified()).toMatchObject({ entries: 1 });
    await control.clearFaults();
    await newWorker();
    await runs.complete('deploy', estate.input('compatible-migration'));
    await expect.poll(verified, patient).toMatchObject({ entries: 4, problems: [] });
    for (const folder of folders) expect(existsSync(path.join(folder, 'ledger'))).toBe(false);
  }, 300_000);
});
