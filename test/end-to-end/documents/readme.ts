import type { Preparation, Section } from './section.ts';
import { succeeded } from './world.ts';

/** Waits until `status` of a run has a question: the text says "after some seconds". */
const untilAsked: Preparation = async ({ sandbox }) =>
  sandbox.runs.untilPhase(sandbox.runs.get('deploy-1'), 'approval');

/** The README, in the order in which a person goes through it. */
export const readmeSections: Section[] = [
  {
    document: 'README.md',
    heading: 'A first release, step by step',
    commands: 2,
    special: [{ command: /slipway (sandbox up|worker)/, opens: true }],
  },
  {
    document: 'README.md',
    heading: 'With the Temporal CLI',
    commands: 8,
    special: [
      { command: /\.waitingFor/, before: untilAsked, said: /kind: 'approval'/ },
      {
        command: /signal .* approve/,
        // The plan's hash is an example: `status` has that of the run.
        with: [
          [
            '426bf83cb83c',
            async ({ shell }) => {
              const status = succeeded(await shell.paste('./slipway status deploy-1 --json'));
              return (JSON.parse(status) as { plan: string }).plan.slice(0, 12);
            },
          ],
        ],
      },
      { command: /workflow result/, said: /released commit/ },
    ],
  },
  {
    document: 'README.md',
    heading: 'With `./slipway`',
    commands: 4,
    special: [{ command: /slipway watch/, exitCode: 1, said: /RolledBack/ }],
  },
  {
    document: 'README.md',
    heading: 'Promote and roll back',
    commands: 5,
    special: [{ command: /slipway rollback/, said: /done rolled back to commit/ }],
  },
  {
    document: 'README.md',
    heading: 'Everything on one page',
    commands: 1,
    special: [{ command: /slipway board/, stays: /http:\/\/127\.0\.0\.1:8234/ }],
  },
];
