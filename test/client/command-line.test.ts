import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standInVariables } from '../../sandbox/people.ts';
import { startStubServer, type StubServer } from './stub-server.ts';

const commit = 'a'.repeat(40);
const sampleCatalog = { ...standInVariables, SLIPWAY_CATALOG: path.join(import.meta.dirname, '../../catalog') };
const place = ['shop', '--environment', 'production'];

describe('./slipway against a run', () => {
  let server: StubServer;
  beforeAll(async () => {
    server = await startStubServer();
  });
  afterAll(async () => server.close());

  it('starts, shows, approves and follows a deploy', async () => {
    await server.working(async () => {
      const started = (await server.json('deploy', ...place, '--commit', commit)) as {
        workflowId: string;
        runId: string;
      };
      expect(started).toMatchObject({
        workflowType: 'deploy',
        workflowId: expect.stringMatching(/^deploy-shop-production-aaaaaaaa-/),
        runId: expect.any(String),
      });

      await expect
        .poll(async () => (await server.slipway('list', 'shop')).stdout, { timeout: 20_000 })
        .toContain('  approval of shop');
      expect(await server.json('status', ...place)).toMatchObject({
        workflowId: started.workflowId,
        phase: 'approval',
        stale: false,
        waitingFor: { commands: [expect.stringContaining(started.workflowId)] },
      });
      const set = server.with({ ...sampleCatalog, SLIPWAY_SERVICE: 'shop', SLIPWAY_ENVIRONMENT: 'production' });
      expect((await set.slipway('status')).stdout).toContain(started.workflowId);
      expect((await set.slipway('status', 'agento')).stderr).toContain('no run of agento in production');
      expect((await server.slipway('status', started.workflowId)).stdout).toContain('a subject with colour');
      expect((await server.slipway('plan', started.workflowId)).stdout).toContain('release-owner');
      expect(await server.json('timeline', started.workflowId)).toEqual([
        { at: expect.any(String), what: 'phase approval' },
      ]);

      const watching = server.launch('watch', started.workflowId);
      await watching.said('waits for approval of shop');
      const approved = await server.slipway('approve', ...place);
      expect(approved).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/approved plan [0-9a-f]{64}/),
      });
      const watched = await watching.ended;
      expect(watched.exitCode).toBe(0);
      expect(watched.stdout).toContain('done released');
    });
  });

  it('shows the plan of a dry run, which it was asked for', async () => {
    await server.working(async () => {
      const words = ['deploy', ...place, '--commit', commit, '--id', 'dry-1', '--dry-run', '--wait'];
      const planning = server.launch(...words);
      await planning.said('started deploy dry-1');
      await expect.poll(async () => (await server.slipway('approve', 'dry-1')).exitCode, { timeout: 20_000 }).toBe(0);
      const { exitCode, stdout } = await planning.ended;
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/done released\n[^]*approval by +release-owner/);
      expect(stdout).not.toContain('./slipway approve');
    });
  });

  it('prints a refusal and ends with 4', async () => {
    await server.working(async () => {
      const { workflowId } = (await server.json('deploy', ...place, '--commit', commit)) as { workflowId: string };
      expect(await server.slipway('approve', workflowId, '--by', 'stranger@example.com')).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('refused: stranger@example.com does not hold release-owner'),
      });
      expect(await server.json('approve', workflowId, '--by', 'stranger@example.com')).toMatchObject({
        error: { code: 'Refused', exitCode: 4 },
      });
      await server.slipway('approve', workflowId);
    });
  });

  it('ends with the code of the run that it followed', async () => {
    await server.working(async () => {
      const following = server.slipway(
        'deploy',
        ...place,
        '--commit',
        commit,
        '--reason',
        'fails',
        '--id',
        'fails-1',
        '--watch',
      );
      await expect.poll(async () => (await server.slipway('approve', 'fails-1')).exitCode, { timeout: 20_000 }).toBe(0);
      expect(await following).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining('RolledBack: the smoke failed'),
      });
      expect(await server.json('watch', 'fails-1')).toMatchObject({ execution: 'FAILED', end: { type: 'RolledBack' } });
      const [header, ...rows] = (await server.slipway('list', '-a')).stdout.split('\n');
      expect(header).toMatch(/^TYPE +SERVICE +ENVIRONMENT +STATE +COMMIT +STARTED +RUN +WAITS FOR, OR WHY IT ENDED$/);
      expect(rows).toContainEqual(
        expect.stringMatching(/^deploy +shop +production +RolledBack .* fails-1 +RolledBack: the smoke failed$/),
      );
      expect(await server.slipway('approve', 'fails-1')).toMatchObject({
        exitCode: 4,
        stdout: '',
        stderr: expect.stringMatching(
          /^error refused: fails-1 has ended at [\d: -]+[A-Z]\S* and takes no answer any more/,
        ),
      });
    });
  });

  it('follows a release, and answers the stop that waits through it', async () => {
    await server.working(async () => {
      const following = server.launch('release', 'shop', '--commit', commit, '--id', 'release-1', '--watch');
      await following.said('waits for production: approval of shop');
      expect((await server.slipway('plan', 'release-1')).stdout).toContain('release-1/production');
      expect(await server.slipway('approve', 'release-1')).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/production: approved plan [0-9a-f]{64}/),
      });
      expect(await following.ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('done released') });

      const started = (await server.json('release', 'shop', '--commit', commit)) as { workflowId: string };
      expect(started).toMatchObject({
        workflowType: 'release',
        workflowId: expect.stringMatching(/^release-shop-aaaaaaaa-/),
      });
      await expect
        .poll(async () => (await server.slipway('approve', started.workflowId)).exitCode, { timeout: 20_000 })
        .toBe(0);
      expect(await server.json('release', 'Not A Name', '--commit', 'abc')).toMatchObject({
        error: { code: 'InvalidInput', problems: [{ path: 'service' }, { path: 'commit' }] },
      });
    });
  });

  it('tells what it knows without a worker, and says that it is stale', async () => {
    await server.working(async () => {
      await server.slipway('deploy', ...place, '--commit', commit, '--id', 'left-1');
      await expect
        .poll(async () => ((await server.json('status', 'left-1')) as { phase: string }).phase, { timeout: 20_000 })
        .toBe('approval');
    });
    expect(await server.json('status', 'left-1')).toMatchObject({
      stale: true,
      phase: 'approval',
      waitingFor: { what: 'approval of shop', commands: ['the next command'] },
    });
    expect((await server.slipway('status', 'left-1')).stdout).toContain('no worker answers, as of');
    expect(await server.slipway('approve', 'left-1', '--plan', 'ab'.repeat(6), '--timeout', '1')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('--signal'),
    });
    expect(await server.slipway('approve', 'left-1', '--plan', 'ab'.repeat(6), '--signal')).toMatchObject({
      exitCode: 0,
    });
    await server.working(async () => expect(await server.slipway('watch', 'left-1')).toMatchObject({ exitCode: 0 }));
  });

  it('judges every flag before it starts anything', async () => {
    for (const words of [
      ['deploy', ...place, '--commit', commit, '--timeout', 'soon'],
      ['deploy', ...place, '--commit', commit, '--ticket', 'nine'],
      ['rollback', ...place, '--reason', 'errors', '--timeout', '5 min'],
    ]) {
      expect(await server.json(...words, '--id', 'judged-1', '--wait')).toMatchObject({
        error: { code: 'BadUsage', exitCode: 2 },
      });
      expect((await server.slipway('status', 'judged-1')).exitCode).toBe(5);
    }
  });

  it('does not go one state further back because a rollback was sent again', async () => {
    await server.working(async () => {
      const rollback = ['rollback', ...place, '--reason', 'errors'];
      expect((await server.slipway(...rollback, '--id', 'back-1')).exitCode).toBe(0);
      await expect
        .poll(async () => (await server.slipway(...rollback, '--id', 'back-2')).stderr, { timeout: 20_000 })
        .toContain('back-1 is under way, in phase approval, and waits for approval of shop');
      expect((await server.slipway('status', 'back-2')).exitCode).toBe(5);
      expect((await server.slipway(...rollback, '--id', 'back-3', '--to', 'c0123456789')).exitCode).toBe(0);
      for (const id of ['back-1', 'back-3']) await server.slipway('approve', id);
    });
  });

  it('gives up when --timeout has passed, and leaves the run alone', async () => {
    await server.working(async () => {
      const waited = await server.slipway(
        'deploy',
        ...place,
        '--commit',
        commit,
        '--id',
        'slow-1',
        '--wait',
        '--timeout',
        '1s',
      );
      expect(waited).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('the run goes on') });
      expect(await server.json('status', 'slow-1')).toMatchObject({ execution: 'RUNNING' });
      const forProgram = await server.slipway('watch', 'slow-1', '--timeout', '1s', '-o', 'json');
      expect(forProgram).toMatchObject({ exitCode: 6, stdout: expect.stringContaining('"workflowId": "slow-1"') });
      const again = ['deploy', ...place, '--commit', commit, '--id', 'slow-2', '--wait', '--timeout', '1s', '--json'];
      expect(await server.slipway(...again)).toMatchObject({ exitCode: 6, stderr: 'started slow-2' });
      await server.slipway('approve', 'slow-2');
      expect(await server.slipway('deploy', ...place, '--commit', commit, '--id', 'slow-1')).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('exists already'),
      });
      await server.slipway('approve', 'slow-1');
    });
  });

  it('freezes an environment in which nothing has happened yet, and shows it', async () => {
    await server.working(async () => {
      expect(await server.slipway('environment', 'show', ...place)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('never used'),
      });
      expect(await server.slipway('environment', 'freeze', ...place, '--reason', 'sale')).toMatchObject({
        exitCode: 0,
        stdout: 'frozen by ann@example.com',
      });
      expect(await server.json('environment', 'show', 'shop', 'production')).toMatchObject({
        used: true,
        stale: false,
        phase: 'frozen',
        freeze: { reason: 'sale' },
      });
      expect(await server.slipway('environment', 'unfreeze', ...place)).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('reason'),
      });
    });
    expect(await server.slipway('environment', 'show', ...place)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/stale[^]*ledger +not reached without a worker/),
    });
  });

  it('checks for drift and waits for the answer', async () => {
    await server.working(async () =>
      expect(await server.slipway('drift')).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('shop in production: no drift'),
      }),
    );
  });

  it('makes the daily checks, shows each, and ends with 1 when one fails', async () => {
    await server.working(async () => {
      expect(await server.slipway('daily', 'shop', '--environment', 'staging')).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/✓ pods: 2 of 2 pods are ready\n +\? smoke: no Job yet\ndone shop is well/),
      });
      expect(await server.slipway('daily', ...place)).toMatchObject({
        exitCode: 1,
        stdout: expect.stringMatching(/✗ pods: 1 of 2 pods are ready\n +\? smoke[^]*Unhealthy: shop in production/),
      });
      expect(await server.json('daily', ...place)).toMatchObject({
        type: 'Unhealthy',
        details: [{ checks: [{ name: 'pods', verdict: 'fail' }, { name: 'smoke' }] }],
      });
    });
    expect(await server.slipway('daily', 'shop')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('environment: '),
    });
  });

  it('tests the channels, and says of each that fails what to do', async () => {
    await server.working(async () => {
      const test = ['notify', '--test', 'shop', '--by', 'ann@example.com'];
      expect(await server.slipway(...test, '--environment', 'staging')).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/✓ oncall \(slack\): took the message\ndone tested by ann@example\.com/),
      });
      expect(await server.slipway(...test, '--environment', 'production')).toMatchObject({
        exitCode: 1,
        stdout: expect.stringMatching(
          /✗ oncall \(slack\): invalid_auth\n +→ see whether secret bot is still valid\n[^]*Unhealthy: shop in production/,
        ),
      });
      expect(await server.json(...test, '--environment', 'production', '--channel', 'oncall')).toMatchObject({
        type: 'Unhealthy',
        details: [{ channels: [{ name: 'oncall', next: expect.stringContaining('secret bot') }] }],
      });
    });
    expect(await server.slipway('notify', 'shop', '--environment', 'staging', '--by', 'ann@example.com')).toMatchObject(
      {
        exitCode: 2,
        stderr: expect.stringContaining('--test: must be given'),
      },
    );
  });

  it('says in one line what is wrong', async () => {
    expect(await server.slipway('status', 'nobody')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('nobody'),
    });
    expect(await server.with(sampleCatalog).slipway('status', 'agento')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('environment: must be given: agento is a service, in staging, production'),
    });
    expect(await server.with(sampleCatalog).slipway('drift', 'agneto')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('did you mean agento?'),
    });
    expect(await server.with(sampleCatalog).slipway('list', 'agneto')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('did you mean agento?'),
    });
    const { exitCode, stderr } = await server.slipway('deploy', 'Shop', '--commit', 'abc', '--image', 'x');
    expect(exitCode).toBe(2);
    for (const path of ['service', 'environment', 'commit', 'image']) expect(stderr).toContain(`${path}: `);
    expect(await server.slipway('depoly')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean deploy?'),
    });
  });
});
