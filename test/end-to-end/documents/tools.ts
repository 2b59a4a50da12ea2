import { cp } from 'node:fs/promises';
import path from 'node:path';
import { ScriptedService } from '../../activities/gate-world.ts';
import { editCatalog } from './preparations.ts';
import type { Preparation, Section } from './section.ts';

/** A channel of agento takes what it is sent. */
const channel = new ScriptedService();
const hasChannel: Preparation = async (world) => {
  await channel.open();
  await editCatalog(world, 'agento', ({ environments }) => {
    Object.assign(environments['production'] ?? {}, {
      notifications: { oncall: { kind: 'webhook', url: channel.url } },
    });
  });
};

/** What looks, and what turns the sandbox's knobs: nothing is released. */
export const toolSections: Section[] = [
  {
    document: 'docs/operating.md',
    heading: 'The first five minutes',
    commands: 9,
    special: [{ command: /slipway board/, stays: /http:\/\/127\.0\.0\.1:8234/ }],
  },
  { document: 'docs/reference/search-attributes.md', heading: 'Search attributes', commands: 1 },
  { document: 'docs/operating/freezes.md', heading: 'Freezes', commands: 2 },
  {
    document: 'docs/operating/freezes.md',
    heading: 'Stop the line',
    commands: 3,
    // A sandbox without a cluster cannot freeze what stands there, and says so.
    before: async (world) =>
      editCatalog(world, 'openagents-runtime', ({ environments }) => delete environments['cluster']),
  },
  { document: 'docs/operating/environment.md', heading: 'Environment and lock', commands: 1 },
  {
    document: 'docs/operating/baseline.md',
    heading: 'Baseline (Gate G0)',
    commands: 2,
    special: [{ command: /slipway baseline/, said: /all 7 checks passed/ }],
  },
  { document: 'docs/operating/daily-checks.md', heading: 'Every day, by itself', commands: 3 },
  {
    document: 'docs/board.md',
    heading: 'The board',
    commands: 1,
    special: [{ command: /slipway board/, stays: /http:\/\/127\.0\.0\.1:8234/ }],
  },
  {
    document: 'docs/board.md',
    heading: 'Who can read it',
    commands: 1,
    special: [{ command: /slipway board/, stays: /:8234/ }],
  },
  { document: 'docs/board.md', heading: 'The list of the Temporal UI', commands: 1 },
  {
    document: 'docs/catalog.md',
    heading: 'The catalog',
    commands: 3,
    before: async ({ shell }) =>
      cp(path.join(shell.folder, 'catalog'), path.join(shell.folder, 'another', 'folder'), { recursive: true }),
  },
  { document: 'docs/command-line.md', heading: 'Completion', commands: 3 },
  {
    document: 'docs/command-line.md',
    heading: 'Its knobs',
    commands: 11,
    after: async ({ sandbox, shell }) => {
      await shell.paste('./slipway sandbox misbehave --off');
      await sandbox.reset();
    },
  },
  {
    document: 'docs/notifications.md',
    heading: 'Try them',
    commands: 2,
    before: hasChannel,
    after: async () => channel.close(),
  },
];
