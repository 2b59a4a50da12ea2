import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { databaseUrl } from '../../sandbox/seed/databases.ts';
import { expectFailure } from '../expect-failure.ts';
import { describeAgento } from './agento.ts';
import { effective } from './call-log.ts';
import { dataOwner, owner } from './runs.ts';
import { openPeople, openSandbox } from './stage.ts';
import path from 'node:path';
import pg from 'pg';

const repair = path.join(
  import.meta.dirname,
  '..',
  '..',
  'sandbox/services/agento/layers/rename-runs/db/repairs/20260126100000_rename_runs.sql',
);
const place = { service: 'agento', environment: 'staging', requestedBy: owner, reason: 'errors since the release' };

const people = openPeople(owner, 'api-owner@example.com', dataOwner);
const sandbox = openSandbox({
  services: ['agento'],
  prepare: ({ catalogFolder }) => describeAgento(catalogFolder, people),
});

/** Runbook 004, rollback procedure, step 4, over agento's own switch, database and repair. */
describe('a rollback of agento across its incompatible migration', () => {
  const enqueued = async (): Promise<number> => {
    const { url } = await sandbox.platform.served('agento-staging', 'agento-staging-migrate');
    const headers = {
      'content-type': 'application/json',
      'x-agent-api-key': await sandbox.platform.secret('agento-staging-internal-api-key'),
    };
    const response = await fetch(new URL('/v1/orchestrations/run', url), {
      method: 'POST',
      headers,
      body: JSON.stringify({ goal: 'of a user' }),
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    return response.status;
  };

  const repaired = async (): Promise<void> => {
    const client = new pg.Client({
      connectionString: databaseUrl(sandbox.description.postgres?.url ?? '', 'agento_staging'),
      connectionTimeoutMillis: 10_000,
    });
    await client.connect();
    await client.query(await readFile(repair, 'utf8')).finally(() => client.end());
  };

  it('freezes writes, waits for the repair, restores, and lets writes in again', async () => {
    const { runs, platform } = sandbox;
    const before = await platform.served('agento-staging', 'agento-staging-migrate');
    const deploy = await runs.start('deploy', {
      ...place,
      commit: sandbox.commitOf('agento', 'incompatible-migration'),
    });
    await runs.approve(deploy, dataOwner);
    await runs.resultAcross(deploy);
    const seen = (await sandbox.calls()).length;
    await expectFailure(await runs.start('rollback', place), 'InvalidInput', 'rename_runs');
    expect(effective((await sandbox.calls()).slice(seen))).toEqual([]);
    expect(await enqueued()).toBe(202);

    const rollback = await runs.start('rollback', { ...place, schemaVersion: '20260112100000' });
    await runs.approve(rollback, dataOwner);
    await runs.until(rollback, ({ steps }) => steps.some(({ name, state }) => name === 'schema' && state === 'parked'));
    expect(await enqueued()).toBe(503);
    const { change } = await runs.status(rollback);
    expect(await sandbox.stepsWritten(change)).toEqual(['fence-writes', 'fence-writes']);
    await repaired();
    await rollback.executeUpdate('decide', {
      args: [
        {
          action: 'markDone',
          by: dataOwner,
          evidence: 'db/repairs/20260126100000_rename_runs.sql; runs counted before and after',
        },
      ],
    });
    await rollback.result();

    expect(await enqueued()).toBe(202);
    const after = await platform.served('agento-staging', 'agento-staging-migrate');
    const image = before.serving[0]?.image;
    expect(after).toMatchObject({ serving: [{ image, percent: 100 }], templateImage: image, jobImage: image });
    const { steps } = await runs.status(rollback);
    expect(steps.find(({ name }) => name === 'verify-writes')?.detail).toContain('enqueue');
  }, 180_000);
});
