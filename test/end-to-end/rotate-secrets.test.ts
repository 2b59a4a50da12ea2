import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { callOptions } from '../../sandbox/seed/calls.ts';
import { canaryOf, findCanaries, formsOf, readFolder, readHistories } from './canary.ts';
import { developer } from './runs.ts';
import { openSandbox } from './stage.ts';
import { watchUsers } from './users.ts';

const sandbox = openSandbox();
const program = path.join(import.meta.dirname, '..', '..', 'client', 'main.ts');
/** What the commands of these tests have printed. */
const printed: string[] = [];

/** Runs the command as a person does, with a value on its standard input. */
async function rotate(flags: string[], input = ''): Promise<{ exitCode: number | undefined; said: string }> {
  const args = [program, 'rotate-secrets', ...flags, '--by', developer, '--dir', sandbox.description.dir];
  const env = { SLIPWAY_CATALOG: sandbox.catalogFolder };
  const { exitCode, stdout, stderr } = await execa(process.execPath, args, { env, input, reject: false });
  printed.push(`${stdout}\n${stderr}`);
  return { exitCode, said: `${stdout}\n${stderr}` };
}

async function stateOf(secret: string, version: string): Promise<unknown> {
  const { clients, address } = sandbox.platform;
  const name = `projects/${address.project}/secrets/${secret}/versions/${version}`;
  return (await clients.secrets.getSecretVersion({ name }, callOptions))[0].state;
}

async function versionsRead(service: string): Promise<Record<string, string>> {
  const { template } = await sandbox.platform.service(service);
  const env = template?.containers?.[0]?.env ?? [];
  return Object.fromEntries(
    env.flatMap(({ name, valueSource }) => {
      const version = valueSource?.secretKeyRef?.version;
      return version ? [[name ?? '', version]] : [];
    }),
  );
}

describe('a rotation of secrets under traffic', () => {
  it('fails no request, takes a bad value back, and no value is in histories, logs or the ledger', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({
      name: 'rotated',
      place: (place) => {
        // Runbook 001, section 5, step 3: the stream path, beside what is smoked anyway.
        place.smoke.push({ name: 'stream', path: '/internal/v1/projectors/checkpoints/slipway-{commit}' });
      },
    });
    const name = ['rotated', '--environment', 'production'];
    const unpinned = await rotate([...name, '--secret', 'DATABASE_URL'], 'postgres://never-added');
    expect(unpinned.said).toContain('nothing was added');
    await runs.complete('deploy', estate.input('good'));
    await runs.complete('deploy', estate.input('compatible-migration'));
    expect(Object.values(await versionsRead('rotated'))).toEqual(['1', '1', '1']);

    const password = canaryOf('password');
    await estate.sql(`CREATE ROLE rotated_next LOGIN SUPERUSER PASSWORD '${password}'`);
    const url = new URL(estate.address);
    url.username = 'rotated_next';
    url.password = encodeURIComponent(password);
    const canaries = [password, url.href, canaryOf('key-base'), canaryOf('signature'), canaryOf('wrong')];
    const files = await Promise.all(
      ['SECRET_KEY_BASE', 'RUNTIME_SIGNATURE_SECRET'].map(async (variable, index) => {
        const file = path.join(path.dirname(sandbox.catalogFolder), variable);
        await writeFile(file, `${canaries[index + 2]}\n`);
        return `${variable}=${file}`;
      }),
    );

    // A version that was just added may be seen a little later.
    await sandbox.control.tune({ secretLagMs: 1_000 });
    const users = watchUsers((await estate.served()).url);
    const good = await rotate([...name, '--secret', ['DATABASE_URL', ...files].join(','), '--wait'], url.href);
    expect(good.said).toContain('version 2 of secret rotated-database-url added');
    expect(good.exitCode, good.said).toBe(0);
    expect(Object.values(await versionsRead('rotated'))).toEqual(['2', '2', '2']);
    for (const secret of ['rotated-database-url', 'rotated-secret-key-base', 'rotated-signature-secret'])
      expect([await stateOf(secret, '1'), await stateOf(secret, '2')]).toEqual(['DISABLED', 'ENABLED']);
    const { rows } = await estate.query("SELECT 1 FROM pg_stat_activity WHERE usename = 'rotated_next'");
    expect(rows.length).toBeGreaterThan(0);

    url.password = encodeURIComponent(canaries[4] ?? '');
    const bad = await rotate([...name, '--secret', 'DATABASE_URL', '--wait'], url.href);
    expect(bad.exitCode, bad.said).toBe(1);
    expect(bad.said).toContain('RolledBack');
    expect(bad.said).toContain('new versions that stay enabled: version 3 of rotated-database-url');
    expect(await versionsRead('rotated')).toMatchObject({ DATABASE_URL: '2' });
    expect([await stateOf('rotated-database-url', '2'), await stateOf('rotated-database-url', '3')]).toEqual([
      'ENABLED',
      'ENABLED',
    ]);
    const { ledger, holds } = await runs.environment('rotated');
    expect(ledger.at(-1)?.outcome).toContain('new versions that stay enabled: version 3 of rotated-database-url');
    expect(holds).toEqual([]);
    // A person disables it, and nothing is kept from being released for it: the service reads another one.
    const { clients, address } = sandbox.platform;
    const untaken = `projects/${address.project}/secrets/rotated-database-url/versions/3`;
    await clients.secrets.disableSecretVersion({ name: untaken }, callOptions);
    await runs.complete('deploy', { ...estate.input('compatible-migration'), dryRun: true });
    const place = { service: 'rotated', environment: 'production' };
    await runs.complete('checkDrift', place);
    // A rollback to an image whose own version is disabled by now releases that image again, with the version of now.
    const back = await runs.complete('rollback', {
      service: 'rotated',
      environment: 'production',
      requestedBy: 'release-owner@example.com',
      reason: 'errors since the release',
    });
    expect(back.commit).toBe(estate.commit('good'));
    expect(await versionsRead('rotated')).toMatchObject({ DATABASE_URL: '2' });

    await runs.complete('checkDrift', place);

    // A run that does not start leaves a version that is added: whoever repeats the command is told of it.
    const taken = ['--id', environmentWorkflowId('rotated', 'production')];
    const unstarted = await rotate([...name, '--secret', 'DATABASE_URL', ...taken, '--json'], url.href);
    expect(unstarted.exitCode, unstarted.said).not.toBe(0);
    expect(unstarted.said).toContain(
      'start with them: ./slipway rotate-secrets rotated --environment production --versions DATABASE_URL=4',
    );

    const { served, failed } = await users.stop();
    expect(served).toBeGreaterThan(20);
    expect(failed).toEqual([]);
    const texts = new Map([
      ...(await readHistories(runs.client)),
      ...(await readFolder(path.join(sandbox.description.dir, 'evidence'))),
      ['the log of the worker', sandbox.workerLog],
      ['the call log', JSON.stringify(await sandbox.calls())],
      ['what the commands printed', printed.join('\n')],
      ['the log of the service', (await sandbox.platform.logTexts('rotated')).join('\n')],
    ]);
    expect(findCanaries([...canaries, url.href], texts)).toEqual([]);
    // What is searched is there: each text has the name of a secret, and a value in any form would be found in it.
    expect([...texts].filter(([, text]) => text.includes('rotated-database-url')).length).toBeGreaterThan(5);
    for (const form of canaries.flatMap(formsOf))
      expect(findCanaries(canaries, new Map([['planted', `a ${form} b`]]))).toEqual(['planted']);
  }, 240_000);
});
