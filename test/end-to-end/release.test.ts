import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ReleaseResult } from '../../contract/status.ts';
import { expectFailure } from '../expect-failure.ts';
import { answerAll, describeAgento } from './agento.ts';
import { effective, shortMethod } from './call-log.ts';
import type { Run } from './runs.ts';
import { openPeople, openSandbox } from './stage.ts';

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

const people = openPeople(requester, ...others);
const sandbox = openSandbox({
  services: ['agento'],
  prepare: ({ catalogFolder }) => describeAgento(catalogFolder, people),
});

describe('a release of agento', () => {
  const start = async (scenario: string): Promise<Run> => {
    const workflowId = `release-${randomUUID()}`;
    const input = {
      service: 'agento',
      commit: sandbox.commitOf('agento', scenario),
      requestedBy: requester,
      reason: `release of ${scenario}`,
    };
    const request = await people.request(sandbox.runs.client, 'release', workflowId, input);
    return sandbox.runs.start('release', { ...input, request }, workflowId);
  };
  const served = (service: string) => sandbox.platform.served(service, `${service}-migrate`);

  it('goes over checklist, build, staging and signed approvals to one digest in both environments', async () => {
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
        commit: sandbox.commitOf('agento', 'good'),
      });
    }
    const calls = effective((await sandbox.calls()).slice(before));
    expect(calls.filter((call) => shortMethod(call) === 'CloudBuild/CreateBuild')).toHaveLength(1);
    expect(
      calls.filter(({ effect }) => effect === 'started').map(({ resource }) => /jobs\/([\w-]+)/.exec(resource)?.[1]),
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
  }, 240_000);

  it('stops at a commit whose own tests fail, before anything is touched', async () => {
    const writes = await sandbox.writesDuring(async () =>
      expectFailure(await start('fails-checks'), 'Aborted', 'test: npm test ended with 1'),
    );
    expect(writes).toEqual([]);
  }, 120_000);
});
