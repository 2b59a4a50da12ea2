import { describe, expect, it } from 'vitest';
import { diagnosisNames, type DiagnosisName } from '../../contract/diagnosis.ts';
import { queryNames } from '../../contract/messages.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { slipway } from './command-line.ts';
import { Oneiric, type OneiricOptions } from './oneiric.ts';
import { openSandbox } from './stage.ts';

const sandbox = openSandbox({ services: ['oneiric'] });

interface Provocation extends OneiricOptions {
  /** The commit of the sample that is deployed. */
  scenario: string;
  /** Comes before the deploy begins. */
  before?: (service: Oneiric) => Promise<void>;
  /** Comes between plan and approval. */
  meanwhile?: (service: Oneiric, status: ChangeStatus) => Promise<void>;
}

const provocations: [row: DiagnosisName, Provocation][] = [
  ['watchers', { scenario: 'default-profile' }],
  [
    'remoteSync',
    {
      scenario: 'syncs-remote',
      catalog: (_file, place) => {
        place.logs = [
          {
            name: 'errors',
            filter: 'severity>=ERROR AND resource.labels.service_name="remotesync"',
            limit: 10,
          },
        ];
      },
    },
  ],
  [
    'secretRole',
    {
      scenario: 'good',
      before: ({ secret }) => sandbox.control.deny('secretmanager.versions.access', secret),
    },
  ],
  ['missingSecret', { scenario: 'good', meanwhile: (service) => service.deleteSecret() }],
  ['missingSetting', { scenario: 'exits-at-start' }],
  [
    'purgedCache',
    {
      scenario: 'caches-activity',
      catalog: (file) => {
        if (file.build?.kind === 'cloudRun') file.build.environment = { GOOGLE_RUNTIME: 'nodejs' };
      },
    },
  ],
  ['memory', { scenario: 'loads-archive' }],
  [
    'image',
    {
      scenario: 'paused',
      meanwhile: (_service, { digest }) =>
        sandbox.platform.deleteImage(`us-central1-docker.pkg.dev/slipway-sandbox/oneiric/oneiric@${digest}`),
    },
  ],
  [
    'quota',
    {
      scenario: 'good',
      catalog: (_file, { target }) => {
        if (target.kind === 'cloudRun') target.maxInstances = 400;
      },
    },
  ],
  [
    'permission',
    {
      scenario: 'good',
      before: ({ name }) => sandbox.control.deny('run.services.update', `services/${name}`),
    },
  ],
  [
    'startUpProbe',
    {
      scenario: 'warms-up',
      container: { startupProbe: { httpGet: { path: '/healthz' }, periodSeconds: 1, failureThreshold: 2 } },
    },
  ],
  [
    'port',
    {
      scenario: 'good',
      catalog: (_file, { target }) => {
        if (target.kind === 'cloudRun') target.args = ['--http-prot', '8080'];
      },
    },
  ],
];

describe('the table of diagnoses, provoked', () => {
  it('is provoked as a whole', () => {
    expect(provocations.map(([row]) => row)).toEqual(diagnosisNames);
  });

  it.each(provocations)('%s', async (row, { scenario, before, meanwhile, ...options }) => {
    const { runs } = sandbox;
    const began = Date.now();
    const service = await Oneiric.open(sandbox, row.toLowerCase(), {
      ...options,
      catalog: (file, place) => {
        if (meanwhile) place.approvals = { required: [{ role: 'release-owner' }] };
        options.catalog?.(file, place);
      },
    });
    const opened = Date.now();
    await before?.(service);
    const run = await service.deploy(scenario);
    if (meanwhile) {
      await meanwhile(service, await runs.untilPhase(run, 'approval'));
      await runs.approve(run);
    }
    const failure = await run.result().catch((error: Error) => String(error.cause));
    const status = await run.query<ChangeStatus>(queryNames.status);
    console.log(row, opened - began, Date.now() - opened, failure, JSON.stringify(status.diagnosis, null, 1));
    expect.soft(status.diagnosis?.[0]?.name).toBe(row);
    const printed = await slipway(sandbox, 'status', run.workflowId);
    console.log(printed);
  });
});
