import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import {
  approvedByDeputy,
  asking,
  cancelled,
  driftFound,
  ended,
  environmentIsParked,
  frozen,
  logArrives,
  nothingOnHold,
  parked,
  planOf,
  released,
  releasedTwice,
  unfrozen,
} from './preparations.ts';
import type { Preparation, Section } from './section.ts';
import type { World } from './world.ts';

const service = 'openagents-runtime';
const runtime = (page: string, heading: string) => ({ document: `docs/operating/${page}.md`, heading });

const planOfDeploy = async (world: World): Promise<string> => planOf(world, 'deploy-1');
const askAgain: Preparation = async (world) => {
  await cancelled(world, 'deploy-1');
  await asking(world);
};

/** Approvals, without a change of the platform: production is frozen, so what was approved stays in the queue. */
const approving: Section[] = [
  {
    ...runtime('waiting', 'A run waits'),
    commands: 1,
    before: asking,
    special: [{ command: /status/, said: /approval/ }],
  },
  {
    ...runtime('approvals', 'Approving and rejecting'),
    commands: 5,
    before: async (world) => frozen(world),
    special: [
      { command: /slipway approve/, with: [['1f0c33ab5d2e', planOfDeploy]] },
      { command: /slipway reject/, before: askAgain, after: async (world) => ended(world, 'deploy-1') },
      { command: /update execute/, before: asking, with: [['1f0c33ab5d2e', planOfDeploy]] },
      { command: /workflow signal/, before: askAgain, with: [['1f0c33ab5d2e', planOfDeploy]] },
    ],
    after: async (world) => {
      await cancelled(world, 'deploy-1');
      await unfrozen(world);
    },
  },
];

/** The way back. */
let good = '';
const goingBack: Section[] = [
  {
    ...runtime('users-suffer', 'It began with a release'),
    commands: 1,
    before: async (world) => {
      good = await releasedTwice(world);
    },
    special: [{ command: /rollback/, said: /done rolled back to commit/ }],
  },
  {
    ...runtime('environment', 'Holds'),
    commands: 1,
    special: [
      {
        command: /lift/,
        with: [['sha256:...', async ({ sandbox }) => (await sandbox.runs.environment(service)).holds[0]?.digest ?? '']],
      },
    ],
  },
  {
    ...runtime('parked', 'A run is parked'),
    commands: 3,
    before: parked,
    special: [
      { command: /slipway status/, said: /parked/ },
      {
        command: /slipway decide/,
        after: async ({ sandbox }) => sandbox.runs.until(sandbox.runs.get('deploy-1'), ({ waitingFor }) => !waitingFor),
      },
      {
        command: /update execute/,
        before: async (world) => {
          await world.sandbox.runs.untilPhase(world.sandbox.runs.get('deploy-1'), 'parked');
          await logArrives(world);
        },
        after: async ({ sandbox }) => sandbox.runs.get('deploy-1').result(),
      },
    ],
  },
  {
    ...runtime('rollback', 'Rolling back'),
    commands: 3,
    special: [
      { command: /--watch/, said: /done rolled back to commit/ },
      {
        command: /--dry-run/,
        before: async (world) => {
          await nothingOnHold(world);
          await released(world, 'compatible-migration');
        },
        with: [['c3983be17d7', () => good]],
      },
      { command: /workflow start/, after: async ({ sandbox }) => sandbox.runs.get('rollback-1').result() },
    ],
  },
  {
    ...runtime('users-suffer', 'A run is parked and users suffer'),
    commands: 1,
    before: async (world) => {
      await nothingOnHold(world);
      await parked(world);
    },
    special: [
      {
        command: /decide/,
        after: async (world) => {
          await logArrives(world);
          await ended(world, 'deploy-1');
        },
      },
    ],
  },
  {
    ...runtime('users-suffer', 'Nobody knows why'),
    commands: 3,
    after: async ({ sandbox }) => sandbox.runs.tell(service, 'unfreeze', 'somebody knows'),
  },
  {
    ...runtime('rollback', 'Across an incompatible migration'),
    commands: 3,
    before: async (world) => released(world, 'incompatible-migration'),
    special: [
      {
        command: /decide/,
        before: async (world) => {
          const { runs } = world.sandbox;
          await runs.until(runs.get('rollback-1'), ({ phase }) => phase === 'parked');
          await schemaRepaired(world);
        },
        after: async ({ sandbox }) => sandbox.runs.get('rollback-1').result(),
      },
    ],
  },
];

/** A person brings the schema back by hand. */
async function schemaRepaired({ sandbox }: World): Promise<void> {
  const url = new URL(sandbox.description.postgres?.url ?? '');
  url.pathname = '/openagents_runtime_production';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query('ALTER TABLE runtime.run_log RENAME TO run_events').finally(() => client.end());
}

/** The lock of an environment. */
const environment: Section[] = [
  {
    ...runtime('environment', 'Break the lock'),
    commands: 1,
    before: async (world) => {
      await nothingOnHold(world);
      await parked(world);
      await world.sandbox.control.addFault({ method: 'Services/GetService', kind: 'error', code: 'PERMISSION_DENIED' });
    },
  },
  {
    ...runtime('environment', 'The environment is parked'),
    commands: 1,
    before: environmentIsParked,
    after: async (world) => {
      await logArrives(world);
      await cancelled(world, 'deploy-1');
    },
  },
];

/** What serves is not what the ledger says. */
const drift: Section[] = [
  {
    ...runtime('drift', 'What it stops, and how that ends'),
    commands: 2,
    // What serves is compared with what was verified: the lock was broken before.
    before: async (world) => {
      await nothingOnHold(world);
      await released(world, 'compatible-migration');
    },
    special: [
      { command: /slipway environment adopt/, before: driftFound },
      { command: /update execute/, before: driftFound },
    ],
  },
  {
    ...runtime('drift', 'Drift'),
    commands: 3,
  },
  { ...runtime('drift', 'Repair'), commands: 1 },
  {
    document: 'docs/runbooks/temporal-down.md',
    heading: 'Telling the ledger',
    commands: 2,
    before: async (world) => {
      await released(world, 'good');
      const before = (await world.sandbox.platform.service(service)).trafficStatuses?.[0]?.revision ?? '';
      await released(world, 'compatible-migration');
      await world.sandbox.platform.pin(service, before.split('/').at(-1) ?? '');
    },
    special: [
      { command: /drift/, exitCode: 1, said: /Drifted/ },
      { command: /rollback/, with: [['GOOD_COMMIT', ({ sandbox }) => sandbox.commitOf(service, 'good')]] },
    ],
  },
  { document: 'docs/runbooks/temporal-down.md', heading: 'How to see that it is over', commands: 2 },
];

const keyBase = 'openagents-runtime-secret-key-base';
const signatureSecret = 'openagents-runtime-signature-secret';

const rotation: Section[] = [
  {
    ...runtime('rotate-secrets', 'Rotating secrets'),
    commands: 2,
    before: async ({ shell, sandbox }) => {
      const url = new URL(sandbox.description.postgres?.url ?? '');
      url.pathname = '/openagents_runtime_production';
      await writeFile(path.join(shell.folder, 'new-url'), url.href);
      await writeFile(path.join(shell.folder, 'new-key'), 'a key of this quarter');
    },
    special: [{ command: /rotate-secrets/, meanwhile: approvedByDeputy }],
  },
  {
    ...runtime('rotate-secrets', 'With the Temporal CLI'),
    commands: 2,
    special: [
      {
        command: /workflow start/,
        // The number that the command before has printed.
        with: [['"4"', async ({ sandbox }) => `"${await sandbox.platform.newestVersion(keyBase)}"`]],
        after: async (world) => {
          await approvedByDeputy(world);
          await world.sandbox.runs.get('rotate-1').result();
        },
      },
    ],
  },
  {
    ...runtime('rotate-secrets', 'How it ends'),
    commands: 1,
    special: [
      {
        command: /versions disable/,
        before: async ({ sandbox }) => sandbox.platform.addVersion(signatureSecret, 'nobody reads this one'),
        with: [
          ['disable 3', async ({ sandbox }) => `disable ${await sandbox.platform.newestVersion(signatureSecret)}`],
        ],
      },
    ],
  },
];

export const operatingSections: Section[] = [
  ...approving,
  ...goingBack,
  ...environment,
  ...drift,
  ...rotation,
  { ...runtime('workers', 'A worker died'), commands: 1, special: [{ command: /worker/, stays: /worker ready/ }] },
  { ...runtime('workers', 'Metrics'), commands: 2, special: [{ command: /worker/, stays: /worker ready/ }] },
];
