import { eventually } from '../../until.ts';
import { releasedTwice } from './preparations.ts';
import type { Preparation, Section, Special } from './section.ts';
import { succeeded, type World } from './world.ts';

const service = 'openagents-runtime';

/** What the runbooks say to replace: "those of the catalog's `target`". */
const inCluster: NonNullable<Special['with']> = [
  ['NAMESPACE', () => 'runtime'],
  ['SERVICE', () => service],
];
const onCloudRun: NonNullable<Special['with']> = [
  ['SERVICE', () => service],
  ['PROJECT', ({ sandbox }) => sandbox.cloud.project],
];

/** The service's repository, where its overlay is. */
const inRepository: Preparation = async ({ shell, sandbox }) =>
  succeeded(await shell.paste(`git clone --quiet ${sandbox.cloud.http}/git/${service}.git service`));
const overlay: [string, () => string] = ['deploy/k8s/overlays/prod', () => 'service/deploy/k8s/overlays/prod'];

/** The log of the pods has lines of both kinds that people look for. */
const hasLines: Preparation = async ({ shell }) => {
  for (const way of ['auth-unknown-kid', 'stale-cursors'])
    succeeded(await shell.paste(`./slipway sandbox misbehave ${way} --environment cluster`));
  const logs = `kubectl -n runtime logs statefulset/${service} --all-pods --since=15m`;
  await eventually(
    'lines of both kinds',
    async () => {
      const { said } = await shell.paste(logs);
      return said.includes('unknown_kid') && said.includes('stale_cursor');
    },
    60_000,
    1_000,
  );
  succeeded(await shell.paste('./slipway sandbox misbehave --off --environment cluster'));
};

/** The number of the revision before the newest, as `rollout history` shows it. */
async function revisionBefore({ shell }: World): Promise<string> {
  const said = succeeded(await shell.paste(`kubectl -n runtime rollout history statefulset/${service}`));
  return [...said.matchAll(/^(\d+)\s/gm)].at(-2)?.[1] ?? '';
}

const runbook = (page: string, heading = 'What to look at by hand') => ({
  document: `docs/runbooks/${page}.md`,
  heading,
});
const kubectl: Special = { command: /^kubectl -n NAMESPACE [^]*SERVICE/, with: inCluster };

/** What needs a cluster. */
export const clusterSections: Section[] = [
  {
    document: 'docs/command-line.md',
    heading: 'Its further parts',
    commands: 3,
    special: [{ command: /sandbox up/, opens: true }],
  },
  { document: 'docs/kubernetes.md', heading: 'The rights of the worker', commands: 2 },
  {
    ...runbook('README', 'The commands'),
    commands: 3,
    before: async (world) => {
      await hasLines(world);
      succeeded(
        await world.shell.paste(
          `./slipway incident open ${service} --environment production --title 'streams end' --severity SEV-3`,
        ),
      );
    },
    special: [
      { command: /^gcloud logging/, with: [...onCloudRun, ['WORD', () => 'ready']] },
      { command: /^kubectl/, with: [...inCluster, ['WORD', () => 'stale_cursor']] },
    ],
    after: async ({ shell }) =>
      shell.paste(`./slipway incident resolve ${service} --environment production --false-alarm`),
  },
  {
    ...runbook('auth-failures'),
    commands: 4,
    special: [{ command: /^gcloud logging/, with: onCloudRun }, kubectl],
  },
  {
    ...runbook('lease-steals'),
    commands: 4,
    before: inRepository,
    special: [kubectl, { command: /kustomize/, with: [overlay] }],
  },
  {
    ...runbook('reconnect-timeouts'),
    commands: 3,
    special: [kubectl, { command: /get events/, with: [['NAMESPACE', () => 'runtime']] }],
  },
  {
    ...runbook('stale-cursor'),
    commands: 2,
    special: [{ command: /^gcloud logging/, with: onCloudRun }, kubectl],
  },
  { ...runbook('tool-failures'), commands: 1, special: [kubectl] },
  {
    ...runbook('temporal-down', 'Cloud Run'),
    commands: 4,
    special: [{ command: /^gcloud logging/, with: onCloudRun }],
  },
  {
    document: 'docs/operating/daily-checks.md',
    heading: 'Daily checks',
    commands: 2,
    before: async (world) => releasedTwice(world, 'cluster'),
  },
  {
    document: 'docs/operating/parked.md',
    heading: 'Look before you decide',
    commands: 4,
    special: [
      {
        command: /get jobs/,
        with: [
          ['NAMESPACE', () => 'runtime'],
          ['WORKLOAD', () => service],
        ],
      },
      {
        command: /logs job/,
        with: [
          ['NAMESPACE', () => 'runtime'],
          [
            'NAME',
            async ({ shell }) => {
              const jobs = `kubectl -n runtime get jobs -l slipway.dev/workload=${service} -o name`;
              return (
                succeeded(await shell.paste(jobs))
                  .trim()
                  .split('\n')[0]
                  ?.replace('job.batch/', '') ?? ''
              );
            },
          ],
        ],
      },
    ],
  },
  {
    document: 'docs/operating/drill.md',
    heading: 'Drills',
    commands: 3,
    special: [{ command: /workflow start/, after: async ({ sandbox }) => sandbox.runs.get('drill-1').result() }],
  },
  {
    ...runbook('temporal-down', 'Kubernetes'),
    commands: 5,
    special: [
      {
        command: /revision=N/,
        with: [...inCluster, ['revision=N', async (world) => `revision=${await revisionBefore(world)}`]],
      },
      kubectl,
    ],
  },
  {
    document: 'docs/kubernetes.md',
    heading: 'By hand, when Slipway is away',
    commands: 4,
    special: [
      { command: /undo/, with: [['revision=7', async (world) => `revision=${await revisionBefore(world)}`]] },
      { command: /apply/, with: [overlay] },
    ],
  },
];
