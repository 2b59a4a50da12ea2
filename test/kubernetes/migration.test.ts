import type { V1Volume } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { clusterForFile } from '../sandbox/cluster.ts';
import { eventually } from '../until.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld } from './release-world.ts';

const cluster = clusterForFile();

/** A Job of its own for each change and attempt, suspended until it is read back (runbook 001, section 6). */
describe('a migration in a cluster', () => {
  it('runs once, in the image that it was prepared with, and says how it ended', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const run = await world.change().migrate(artifact, ['sh', '-c', 'echo migrated']);
    expect(run).toMatchObject({ outcome: 'succeeded', digest: artifact.digest, execution: 'app-migrate-c1-a1' });
    expect(await world.value('pods', '{.items[*].status.containerStatuses[*].imageID}')).toBe(artifact.image);
    const log = await world.port.executionLog(world.target, { execution: run.execution, since: run.startedAt });
    expect(log).toEqual({ lines: ['migrated'], isComplete: true });
  });

  it('is adopted by a repeat, which makes no second pod', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const change = world.change();
    const { prepared, run } = await change.prepareMigration(artifact, ['sh', '-c', 'sleep 1']);
    expect(await world.value('jobs/app-migrate-c1-a1', '{.spec.suspend}')).toBe('true');
    const [first, second] = await Promise.all([run(), run()]);
    expect(first).toEqual(second);
    expect(prepared.job).toBe('app-migrate-c1-a1');
    expect((await world.value('pods', '{.items[*].metadata.name}')).split(' ')).toHaveLength(1);
  });

  it('that fails says with which exit code; a further attempt has a Job of its own', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const { run } = await world.change().prepareMigration(artifact, ['sh', '-c', 'exit 4']);
    expect(await run()).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('exit code 4') });
    expect(await run(2)).toMatchObject({ outcome: 'failed', execution: 'app-migrate-c1-a1-r2' });
  });

  it('of an earlier attempt whose outcome nobody saw is followed, and makes no second pod', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const change = world.change();
    const { prepared, run } = await change.prepareMigration(artifact, ['sh', '-c', 'echo migrated']);
    const first = await run();
    const how = { command: ['true'], args: [], timeoutSeconds: 30 };
    const repository = { url: 'https://git.example/app.git', branch: 'main' };
    const sync = { ...change.write('migrate', 2), artifact, revision: null, repository, ...how };
    const ready = await world.port.syncMigration(world.target, { ...sync, variables: {}, secrets: {} });
    expect(ready.job).toBe('app-migrate-c1-m2');
    const request = { ...change.write('migrate', 2), ready, artifact, ...how };
    const earlier = [{ attempt: 1, ready: prepared }];
    expect(await world.port.runJob(world.target, { ...request, earlier })).toEqual(first);
    expect((await world.value('pods', '{.items[*].metadata.name}')).split(' ')).toHaveLength(1);
    // Where the earlier attempt has started none, it runs.
    expect(await world.port.runJob(world.target, request)).toMatchObject({ execution: 'app-migrate-c1-m2' });
  });

  it('whose pod cannot start does not wait for its time limit', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const digest = `sha256:${'e'.repeat(64)}`;
    const artifact = { image: `us-central1-docker.pkg.dev/test/images/app@${digest}`, digest, commit: 'c'.repeat(40) };
    expect(await world.change().migrate(artifact, ['true'])).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('cannot be pulled'),
    });
  });

  it('is repeated after the roll-out as a Job of its own', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const change = world.change();
    await change.migrate(artifact, ['true']);
    const how = { command: ['true'], args: [], timeoutSeconds: 30, variables: {}, secrets: {} };
    const repository = { url: 'https://git.example/app.git', branch: 'main' };
    const sync = { ...change.write('gate-migration'), artifact, revision: null, repository, ...how };
    expect(await world.port.syncMigration(world.target, sync)).toMatchObject({ job: 'app-migrate-c1-g1' });
  });

  it('reads the settings and secrets of its own release; pods that run keep theirs until the roll-out', async () => {
    const world = await ReleaseWorld.open(cluster, 'Deployment');
    world.replicas = 1;
    world.env = [{ name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'levels', key: 'LEVEL' } } }];
    world.secretsFrom = ['keys'];
    world.podSpec = { volumes: [{ name: 'levels', projected: { sources: [{ configMap: { name: 'levels' } }] } }] };
    world.container = { volumeMounts: [{ name: 'levels', mountPath: '/levels' }] };
    const say = (value: string) => {
      const base64 = Buffer.from(value).toString('base64');
      // Generators of kustomize break long values into lines.
      const data = { KEY: base64, LONG: `${base64}\n${base64}\n` };
      world.others = [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'levels' }, data: { LEVEL: value } },
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data },
      ];
    };
    say('old');
    const artifact = await world.artifact('a'.repeat(40));
    await world.change().release(artifact);
    say('new');
    const change = world.change();
    const { run, prepared } = await change.prepareMigration(artifact, ['sh', '-c', 'echo $LEVEL $KEY']);
    const { execution, startedAt } = await run();
    const log = await world.port.executionLog(world.target, { execution, since: startedAt });
    expect(log.lines).toEqual(['new new']);
    expect(await world.value('configmap/levels', '{.data.LEVEL}')).toBe('old');
    expect(await world.value('secret/keys', '{.data.KEY}')).toBe(Buffer.from('old').toString('base64'));
    const [volume] = JSON.parse(await world.value(`job/${execution}`, '{.spec.template.spec.volumes}')) as V1Volume[];
    const copy = volume?.projected?.sources?.[0]?.configMap?.name ?? '';
    expect(await world.value(`configmap/${copy}`, '{.data.LEVEL}')).toBe('new');

    // The copies go with their Job, and with nothing else.
    await change.release(artifact);
    const owned = '{.items[?(@.metadata.ownerReferences)].metadata.name}';
    const copies = (await world.value('configmaps,secrets', owned)).split(' ');
    expect(copies.map((name) => name.replace(/-.*/, ''))).toEqual(['levels', 'settings', 'keys']);
    await world.kubectl('delete', `job/${prepared.job}`);
    await eventually('the copies are gone', async () => (await world.value('configmaps,secrets', owned)) === '');
    expect(await world.value('configmap/levels', '{.data.LEVEL}')).toBe('new');
  });

  it('is refused where somebody put another Job in its place', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const { run } = await world.change().prepareMigration(artifact, ['true']);
    const job = (await world.kubectl('get', 'job/app-migrate-c1-a1', '-o', 'yaml')).stdout;
    await world.kubectl('delete', 'job/app-migrate-c1-a1');
    expect(job).toContain('suspend: true');
    expect(await refusalOf(run())).toMatchObject({ type: 'Drifted', message: expect.stringContaining('deleted') });
  });
});

/** The second half of the post-deploy gate: a Job that asks what is live (runbook 001, section 6). */
describe('a smoke in a cluster', () => {
  it('is a Job in the image of the release, found by its labels, that knows where the service is', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const { run } = await world.change().prepareSmoke(artifact, ['sh', '-c', 'echo asks $BASE_URL']);
    const smoke = await run();
    expect(smoke).toMatchObject({ outcome: 'succeeded', digest: artifact.digest, execution: 'app-smoke-c1-a1' });
    const labels = 'slipway.dev/workload=app,slipway.dev/purpose=smoke';
    const found = await world.kubectl('get', 'jobs', '-l', labels, '-o', 'jsonpath={.items[*].metadata.name}');
    expect(found.stdout).toBe(smoke.execution);
    const log = await world.port.executionLog(world.target, { execution: smoke.execution, since: smoke.startedAt });
    expect(log).toEqual({ lines: ['asks http://app.example'], isComplete: true });
  });

  it('is adopted by a repeat, which makes no second pod; a further attempt has a Job of its own', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const change = world.change();
    const { run } = await change.prepareSmoke(artifact, ['sh', '-c', 'sleep 1; exit 3']);
    const [first, second] = await Promise.all([run(), run()]);
    expect(first).toEqual(second);
    expect(first).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('exit code 3') });
    expect((await world.value('pods', '{.items[*].metadata.name}')).split(' ')).toHaveLength(1);
    const again = await change.prepareSmoke(artifact, ['true'], 2);
    expect(await again.run()).toMatchObject({ outcome: 'succeeded', execution: 'app-smoke-c1-a2' });
  });
});

/** What is kept of a release before it is applied (runbook 002, section 6). */
describe('a program of evidence in a cluster', () => {
  it('is a Job of its own for each program, whose lines are read as they were written', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const change = world.change();
    const first = await change.runProgram(artifact, ['printf', '{\\n  "status": "ready"\\n}\\n']);
    const second = await change.runProgram(artifact, ['sh', '-c', 'exit 3'], 2);
    expect([first.execution, second.execution]).toEqual(['app-evidence-c1-e1a1', 'app-evidence-c1-e2a1']);
    expect([first.outcome, second.outcome]).toEqual(['succeeded', 'failed']);
    const query = { execution: first.execution, since: first.startedAt };
    const { lines, isComplete, isCut } = await world.port.executionOutput(world.target, query);
    expect({ isComplete, isCut }).toEqual({ isComplete: true, isCut: false });
    expect(lines.map(({ text }) => text)).toEqual(['{', '  "status": "ready"', '}']);
    // Daily checks look at smoke Jobs, and a program is none.
    const found = await world.kubectl('get', 'jobs', '-l', 'slipway.dev/purpose=smoke', '-o', 'name');
    expect(found.stdout).toBe('');
  });
});
