import { describe, expect, it, vi } from 'vitest';
import { diagnosisNames, type DiagnosisName } from '../../contract/diagnosis.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { eventually } from '../until.ts';
import { slipway } from './command-line.ts';
import { Oneiric, type OneiricOptions } from './oneiric.ts';
import { openSandbox } from './stage.ts';

/** A cause of failed deploys, as the service or the platform really has it. */
interface Provocation extends OneiricOptions {
  row: DiagnosisName;
  /** The commit of the sample that is deployed. */
  scenario: string;
  /** What shows the cause, wherever it is said. */
  seen: RegExp;
  /** Comes before the deploy begins. */
  before?: (service: Oneiric) => Promise<void>;
  /** Comes while people are asked: the plan is made, and nothing is staged yet. */
  meanwhile?: (service: Oneiric, status: ChangeStatus) => Promise<void>;
}

// Each deploy waits for most of its time; more of them keep the worker from answering.
vi.setConfig({ maxConcurrency: 3 });
const sandbox = openSandbox({ services: ['oneiric'], isSideBySide: true });
const image = 'us-central1-docker.pkg.dev/slipway-sandbox/oneiric/oneiric';

const readsFurtherSecret: OneiricOptions['place'] = (place, { furtherSecret }) => {
  place.secrets = { ...place.secrets, ONEIRIC_SIGNING_KEY: { secret: furtherSecret } };
};

const provocations: [situation: string, Provocation][] = [
  [
    'the profile of developers watches a folder that no image has',
    {
      row: 'watchers',
      scenario: 'default-profile',
      seen: /^ENOENT: no such file or directory, watch '.*\/local'$/,
    },
  ],
  [
    'remote manifests are enabled in the settings, whatever --no-remote says',
    {
      row: 'remoteSync',
      scenario: 'syncs-remote',
      seen: /errors: \d new entries .*"remote sync attempt failed: connect ECONNREFUSED 127\.0\.0\.1:1"/,
    },
  ],
  [
    'the account of the service has no role on a secret',
    {
      row: 'secretRole',
      scenario: 'good',
      place: readsFurtherSecret,
      before: ({ furtherSecret }) => sandbox.control.deny('secretmanager.versions.access', furtherSecret),
      seen: /Permission denied on secret: projects\/slipway-sandbox\/secrets\/oneiric-\d+-signing-key\/versions\/1 for/,
    },
  ],
  [
    'a secret of the catalog was never made',
    {
      row: 'missingSecret',
      scenario: 'good',
      place: readsFurtherSecret,
      before: (service) => service.deleteFurtherSecret(),
      seen: /^secrets\.ONEIRIC_SIGNING_KEY: version latest of secret oneiric-\d+-signing-key is missing$/,
    },
  ],
  [
    'a secret is deleted while people are asked',
    {
      row: 'missingSecret',
      scenario: 'good',
      place: readsFurtherSecret,
      meanwhile: (service) => service.deleteFurtherSecret(),
      seen: /Secret projects\/slipway-sandbox\/secrets\/oneiric-\d+-signing-key\/versions\/latest was not found$/,
    },
  ],
  [
    'a commit needs a setting that no layer has',
    {
      row: 'missingSetting',
      scenario: 'exits-at-start',
      seen: /^required setting is missing: ONEIRIC_QUEUE_REGION$/,
    },
  ],
  [
    'the build does not keep the cache',
    {
      row: 'purgedCache',
      scenario: 'caches-activity',
      build: { image: `${image}-without-cache`, environment: { GOOGLE_RUNTIME: 'nodejs' } },
      seen: /^ENOENT: no such file or directory, open '.*\/\.oneiric_cache\/domain_activity\.json'$/,
    },
  ],
  [
    'a program takes more memory than its limit',
    {
      row: 'memory',
      scenario: 'loads-archive',
      container: { resources: { limits: { cpu: '1000m', memory: '256Mi' } } },
      seen: /^Memory limit of 256 MiB exceeded with \d{3} MiB used\./,
    },
  ],
  [
    'the image is deleted from the registry while people are asked',
    {
      row: 'image',
      scenario: 'paused',
      meanwhile: (_service, { digest }) => sandbox.platform.deleteImage(`${image}@${digest}`),
      seen: /Image 'us-central1-docker\.pkg\.dev\/\S+@sha256:\w+' not found\.$/,
    },
  ],
  [
    'the service agent may not read the image',
    {
      row: 'image',
      scenario: 'noisy',
      meanwhile: (_service, { digest }) =>
        sandbox.control.deny('artifactregistry.repositories.downloadArtifacts', digest ?? ''),
      seen: /CONTAINER_PERMISSION_DENIED: .*Google Cloud Run Service Agent service-\d+@/,
    },
  ],
  [
    'all instances together would have more CPU than the quota',
    {
      row: 'quota',
      scenario: 'good',
      place: ({ target }) => {
        target.maxInstances = 400;
      },
      seen: /Max instances must be set to 200 or fewer to set the requested total CPU/,
    },
  ],
  [
    'the worker may not change the service',
    {
      row: 'permission',
      scenario: 'good',
      before: ({ name }) => sandbox.control.deny('run.services.update', name),
      seen: /^the account of the worker has no permission run\.services\.update on service oneiric-\d+ of/,
    },
  ],
  [
    'the worker loses the right to change the service while people are asked',
    {
      row: 'permission',
      scenario: 'good',
      meanwhile: ({ name }) => sandbox.control.deny('run.services.update', name),
      seen: /Permission 'run\.services\.update' denied on resource '\S+' .*\(PERMISSION_DENIED\); grant roles\/run\.developer/,
    },
  ],
  [
    'the program ends at its start by a flag that it does not know',
    {
      row: 'port',
      scenario: 'good',
      place: ({ target }) => {
        target.args = ['--http-prot', '8080'];
      },
      seen: /failed to start and listen on the port defined provided by the PORT=8080 environment variable/,
    },
  ],
  [
    'the program is not ready before its start-up probe gives up',
    {
      row: 'startUpProbe',
      scenario: 'warms-up',
      container: { startupProbe: { httpGet: { path: '/health' }, periodSeconds: 1, failureThreshold: 2 } },
      seen: /failed the configured startup probe checks/,
    },
  ],
];

/** Deploys until the run has ended, or waits for a person who has to decide. */
async function deploy(service: Oneiric, { scenario, meanwhile }: Pick<Provocation, 'scenario' | 'meanwhile'>) {
  const { runs } = sandbox;
  const run = await service.deploy(scenario);
  if (meanwhile) {
    await meanwhile(service, await runs.untilPhase(run, 'approval'));
    await runs.approve(run);
  }
  const status = await runs.until(
    run,
    ({ outcome, waitingFor }) => outcome !== null || waitingFor?.kind === 'operator',
  );
  return { run, status };
}

/** Runbook 002, section 9, and what the platforms themselves say: each row of contract/diagnosis.ts. */
describe('a deploy that fails says why', () => {
  it('whichever row of the table it is', () => {
    // The sample has no migrations: migration.test.ts has a deploy whose migration fails.
    const rows = new Set([...provocations.map(([, { row }]) => row), 'migration']);
    expect([...rows].sort()).toEqual([...diagnosisNames].sort());
  });

  it.concurrent.each(provocations)(
    'where %s',
    async (_situation, { row, seen, before, place, meanwhile, ...rest }) => {
      const service = await Oneiric.open(sandbox, {
        ...rest,
        place: (all, opened) => {
          if (meanwhile) all.approvals = { required: [{ role: 'release-owner' }] };
          place?.(all, opened);
        },
      });
      await before?.(service);
      const { run, status } = await deploy(service, { ...rest, ...(meanwhile && { meanwhile }) });
      const [first] = status.diagnosis ?? [];
      expect(first, status.outcome ?? status.waitingFor?.what).toMatchObject({
        name: row,
        seen: expect.stringMatching(seen),
      });
      // A worker that is busy does not answer at once, and then an older state is shown.
      const print = async () => {
        const printed = await slipway(sandbox, 'status', run.workflowId);
        return !/^ +stale/m.test(printed) && printed;
      };
      const printed = await eventually('the present status', print);
      const [, cause, fix] = /likely cause (.+)\n +fix +(.+)\n/.exec(printed) ?? [];
      expect({ cause, fix }).toEqual({ cause: first?.cause, fix: first?.fix });
      if (status.outcome === null) await sandbox.runs.decide(run, 'abort');
    },
    120_000,
  );

  it.concurrent(
    'and says nothing where the build keeps the cache',
    async () => {
      const service = await Oneiric.open(sandbox);
      const { status } = await deploy(service, { scenario: 'caches-activity' });
      expect(status).toMatchObject({ outcome: expect.stringContaining('released') });
      expect(status.diagnosis).toBeUndefined();
    },
    120_000,
  );
});
