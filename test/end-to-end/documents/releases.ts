import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../until.ts';
import { approvedByDeputy, cancelled, editCatalog, ended, frozen, nothingOnHold } from './preparations.ts';
import type { Preparation, Section } from './section.ts';
import { succeeded } from './world.ts';

const signer = { plan: 'release-deputy', migration: 'data-owner', smoke: 'api-owner' };

/** The three people of agento's production answer, each when they are asked. */
const approvedByAll: Preparation = async ({ shell }) => {
  for (const person of Object.values(signer))
    succeeded(await shell.paste(`./slipway approve agento --environment production --by ${person}@example.com`));
};

/** Waits until no release or change of agento runs. */
const untilReleased: Preparation = async ({ sandbox: { runs } }) =>
  eventually(
    'agento is released',
    async () => {
      const query = 'WorkflowType = "release" AND ExecutionStatus = "Running"';
      for await (const _run of runs.client.workflow.list({ query })) return false;
      return true;
    },
    180_000,
    500,
  );

/** A deploy of agento to production, signed, that waits for its approval. */
const asking: Preparation = async ({ shell, sandbox: { runs } }) => {
  const deploy = 'deploy agento --environment production --commit good --id deploy-1';
  succeeded(await shell.paste(`./slipway ${deploy} --by release-deputy@example.com`));
  await runs.untilPhase(runs.get('deploy-1'), 'approval');
};

const askingAgain: Preparation = async (world) => {
  await cancelled(world, 'deploy-1');
  await asking(world);
};

/** The person has keys of their own: here those that the sandbox has made. */
const hasKeys: Preparation = async ({ shell }) => {
  const own = path.join(shell.folder, '.ssh');
  await mkdir(own, { mode: 0o700 });
  for (const name of ['release', 'id_ed25519'])
    await cp(path.join(shell.folder, '.slipway', 'sandbox', 'keys', 'release-owner'), path.join(own, name));
};

/** What `--print` says is the input of a run; a person keeps it in a file. */
const hasInput: Preparation = async ({ shell }) => {
  const said = succeeded(
    await shell.paste('./slipway release agento --commit good --by release-owner@example.com --print --json'),
  );
  const { input } = JSON.parse(said) as { input: object };
  await writeFile(path.join(shell.folder, 'input.json'), JSON.stringify(input));
};

/** Releases of agento, with its three roles and signatures. */
export const releaseSections: Section[] = [
  {
    document: 'README.md',
    heading: 'The whole way',
    commands: 4,
    after: untilReleased,
  },
  {
    document: 'docs/operating/approvals.md',
    heading: 'Signing',
    commands: 3,
    before: async (world) => {
      await frozen(world, 'agento');
      await hasKeys(world);
      await asking(world);
    },
    special: [
      { command: /--key/, before: askingAgain },
      { command: /--print/, before: askingAgain, after: async (world) => cancelled(world, 'deploy-1') },
    ],
  },
  {
    document: 'docs/reference/signing.md',
    heading: 'An approval, a rejection, a sign-off',
    commands: 1,
    special: [{ command: /ssh-keygen/, input: async () => 'slipway approval v1\n', said: /BEGIN SSH SIGNATURE/ }],
  },
  {
    document: 'docs/reference/signing.md',
    heading: 'A request',
    commands: 1,
    special: [{ command: /^jq/, before: hasInput, said: /^[0-9a-f]{64} / }],
  },
  {
    document: 'docs/operating/approvals.md',
    heading: 'Nobody can sign, and users wait',
    commands: 1,
    before: async (world) => {
      await editCatalog(world, 'agento', ({ environments }) => {
        const approvals = environments['production']?.['approvals'] as object;
        Object.assign(approvals, { rollback: [{ role: 'release-owner' }] });
      });
      const input = {
        service: 'agento',
        environment: 'production',
        requestedBy: 'release-owner@example.com',
        reason: 'nobody can sign',
      };
      const run = await world.sandbox.runs.start('rollback', input, 'rollback-1');
      await world.sandbox.runs.untilPhase(run, 'approval');
    },
    after: async (world) => {
      await ended(world, 'rollback-1');
      // The command line signs both.
      for (const [message, reason] of [
        ['unfreeze', 'it goes on'],
        ['lift', 'it is needed again'],
      ])
        succeeded(
          await world.shell.paste(
            `./slipway environment ${message} agento --environment production --reason '${reason}'`,
          ),
        );
    },
  },
  {
    document: 'docs/operating/release.md',
    heading: 'Releasing',
    commands: 3,
    special: [
      { command: /--watch/, meanwhile: approvedByAll, said: /done released/ },
      {
        command: /workflow start/,
        with: [['<40 digits>', ({ sandbox }) => sandbox.commitOf('agento', 'good')]],
        after: async (world) => cancelled(world, 'release-1'),
      },
    ],
  },
  {
    document: 'docs/command-line.md',
    heading: 'Releasing',
    commands: 4,
    special: [
      {
        command: /slipway release/,
        after: async (world) => {
          await approvedByAll(world);
          await untilReleased(world);
        },
      },
      { command: /slipway deploy/, meanwhile: approvedByDeputy },
      // What the README has rolled back is what is promoted here.
      { command: /slipway promote/, before: nothingOnHold, meanwhile: approvedByDeputy },
    ],
  },
  {
    document: 'docs/operating/release.md',
    heading: 'Promoting',
    commands: 1,
    before: nothingOnHold,
    special: [{ command: /promote/, meanwhile: approvedByDeputy }],
  },
];
