import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { taskQueue } from '../../contract/ids.ts';
import type { ReleaseResult } from '../../contract/status.ts';
import { scenarioCommits } from '../../sandbox/repositories.ts';
import { answerAll, describeAgento, People } from './agento.ts';
import { effective, shortMethod } from './call-log.ts';
import { expectInvariants } from './invariants.ts';
import { failureOf, type Run } from './runs.ts';
import { TestSandbox } from './sandbox.ts';

const requester = 'release-owner@example.com';
const others = ['release-deputy@example.com', 'api-owner@example.com', 'data-owner@example.com'];

/** Runbook 004, line by line, as the steps of a release show it. */
const procedure = [
  'checklist: check',
  'checklist: build',
  'checklist: test',
  'checklist: migrations',
  'checklist: commit',
  'checklist: inputs and secrets',
  'checklist: rollback target',
  'build',
  'staging: stage',
  'staging: migrate',
  'staging: smoke-candidate',
  'staging: shift',
  'staging: smoke-live',
  'staging: bake',
  'staging: verify',
  'staging: read-back',
  'production: approval',
  'production: stage',
  'production: migrate',
  'production: smoke-candidate',
  'production: shift',
  'production: smoke-live',
  'production: bake',
  'production: verify',
  'production: read-back',
  'same digest',
];

describe('a release of agento', () => {
  let sandbox: TestSandbox;
  let people: People;
  let commits: Record<string, string>;
  beforeAll(async () => {
    [sandbox, people, commits] = await Promise.all([
      TestSandbox.open(['agento']),
      People.create([requester, ...others]),
      scenarioCommits().then((all) => all['agento'] ?? {}),
    ]);
    await describeAgento(sandbox.catalogFolder, people);
    await sandbox.worker();
  }, 180_000);
  afterAll(async () => {
    expectInvariants(await sandbox.calls());
    await Promise.all([sandbox.close(), people.remove()]);
  });

  const start = async (scenario: string): Promise<Run> => {
    const workflowId = `release-${randomUUID()}`;
    const input = {
      service: 'agento',
      commit: commits[scenario] ?? '',
      requestedBy: requester,
      reason: `release of ${scenario}`,
    };
    return sandbox.runs.client.workflow.start('release', {
      taskQueue,
      workflowId,
      args: [{ ...input, request: await people.request('release', workflowId, input) }],
    }) as Promise<Run>;
  };
  const served = (service: string) => sandbox.platform.served(service, `${service}-migrate`);

  it(
    'goes over the checklist, one build, staging and signed approvals to production, with ' +
      'one digest read back in both',
    async () => {
      const before = (await sandbox.calls()).length;
      const release = await start('good');
      const answered = await answerAll(sandbox.runs, release, people);
      const result = (await release.result()) as ReleaseResult;

      const [staging, production] = await Promise.all([served('agento-staging'), served('agento')]);
      for (const one of [staging, production]) {
        expect(one.serving.map(({ image, percent }) => [image.split('@')[1], percent])).toEqual([[result.digest, 100]]);
        expect([one.templateImage, one.jobImage]).toEqual([one.serving[0]?.image, one.serving[0]?.image]);
        expect(await (await fetch(new URL('/v1/health', one.url))).json()).toMatchObject({
          status: 'ok',
          commit: commits['good'],
        });
      }
      const calls = effective((await sandbox.calls()).slice(before));
      expect(calls.filter((call) => shortMethod(call) === 'CloudBuild/CreateBuild')).toHaveLength(1);
      expect(
        calls
          .filter((call) => shortMethod(call) === 'Jobs/RunJob')
          .map(({ resource }) => /jobs\/([\w-]+)/.exec(resource)?.[1]),
      ).toEqual(['agento-staging-migrate', 'agento-migrate']);

      expect(answered.join('\n')).toMatch(
        /production: approval[^]*production: [^]*data-owner[^]*production: [^]*api-owner/,
      );
      const status = await sandbox.runs.status(release);
      const passed = status.steps.filter(({ state }) => state === 'passed').map(({ name }) => name);
      expect(passed.filter((name) => procedure.includes(name))).toEqual(procedure);
      const gatesOf = (name: string) =>
        status.steps.find((step) => step.name === name)?.gates?.map((gate) => `${gate.name} ${gate.verdict}`);
      for (const smoke of ['staging: smoke-live', 'production: smoke-live'])
        expect(gatesOf(smoke)).toEqual(
          expect.arrayContaining([
            'health pass',
            'runs pass',
            'enqueue pass',
            'summary pass',
            'listing-without-role pass',
            'enqueue-without-key pass',
            'execute-without-key pass',
          ]),
        );
      expect(gatesOf('production: verify')).toEqual(expect.arrayContaining(['queue-movement pass', 'run-output pass']));
      expect(status.approvals.map(({ environment, role, gate }) => `${environment} ${role} ${gate}`)).toEqual([
        'production release-owner plan',
        'production data-owner migration',
        'production api-owner smoke',
      ]);
      for (const step of status.steps.filter(({ name }) => procedure.includes(name)))
        expect(step.detail, step.name).toBeTruthy();
      expect((await release.describe()).historyLength).toBeLessThanOrEqual(350);
    },
    240_000,
  );

  it('stops at a commit whose own tests fail, before anything is touched', async () => {
    const before = (await sandbox.calls()).length;
    const release = await start('fails-checks');
    const { type, message } = await failureOf(release);
    expect(type).toBe('Aborted');
    expect(message).toContain('test: npm test ended with 1');
    expect(effective((await sandbox.calls()).slice(before))).toEqual([]);
  }, 120_000);
});
