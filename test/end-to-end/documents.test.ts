import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { openedForFile } from '../opened-for-file.ts';
import { commandsOf, PersonsShell, projectFolder, type Pasted } from './pasted.ts';
import { openSandbox } from './stage.ts';

interface Section {
  document: string;
  heading: string;
  /** How many commands it has: a section that lost one would pass unseen. */
  commands: number;
  /** Commands that do not end with 0, as the text says, and what they say. */
  others?: [command: RegExp, exitCode: number, said: RegExp][];
}

/** In this order a person goes through them, in one sandbox. */
const sections: Section[] = [
  { document: 'README.md', heading: 'With the Temporal CLI', commands: 8 },
  {
    document: 'README.md',
    heading: 'With `./slipway`',
    commands: 4,
    others: [[/slipway watch/, 1, /RolledBack/]],
  },
  { document: 'README.md', heading: 'Promote and roll back', commands: 5 },
  { document: 'docs/operating.md', heading: 'The first five minutes', commands: 9 },
  { document: 'docs/operating/freezes.md', heading: 'Freezes', commands: 2 },
  { document: 'docs/operating/freezes.md', heading: 'Stop the line', commands: 3 },
];

const sandbox = openSandbox({
  services: ['openagents-runtime', 'openagents-web'],
  isSideBySide: true,
  prepare: async ({ catalogFolder }) => {
    for (const service of ['openagents-runtime', 'openagents-web']) {
      const file = parse(await readFile(path.join(projectFolder, 'catalog', `${service}.yaml`), 'utf8'), {
        merge: true,
      }) as { environments: Record<string, unknown> };
      // This sandbox has no cluster.
      delete file.environments['cluster'];
      const text = stringify(file, { aliasDuplicateObjects: false });
      await writeFile(path.join(catalogFolder, `${service}.yaml`), text);
    }
  },
});
const shell = openedForFile(
  async () => PersonsShell.open(sandbox),
  async () => undefined,
);

describe('commands of documents, pasted as they stand there', () => {
  it.each(sections)(
    '$document, $heading',
    async ({ document, heading, commands: count, others = [] }) => {
      const commands = commandsOf(document, heading);
      expect(commands).toHaveLength(count);
      const wrong: Pasted[] = [];
      for (const command of commands) {
        const pasted = await shell.paste(await ready(command));
        const [, exitCode = 0, said = /(?:)/] = others.find(([pattern]) => pattern.test(command)) ?? [];
        if (pasted.exitCode !== exitCode || !said.test(pasted.said)) wrong.push(pasted);
      }
      expect(wrong).toEqual([]);
    },
    600_000,
  );
});

/** The README shows a plan's hash as an example: a person takes that of the run, once it asks. */
async function ready(command: string): Promise<string> {
  if (command.includes('.waitingFor')) await shell.paste(untilAsked);
  // It stays until Ctrl-C, which nobody presses here.
  if (command.startsWith('./slipway board ')) return './slipway board --json';
  if (!command.includes('426bf83cb83c')) return command;
  const { said } = await shell.paste(
    `./slipway status deploy-1 --json | node -p 'JSON.parse(fs.readFileSync(0)).plan'`,
  );
  return command.replace('426bf83cb83c', said.trim().slice(0, 12));
}

const untilAsked =
  'for _ in $(seq 60); do ./slipway status deploy-1 --json | grep -q \'"phase": "approval"\' && break; sleep 1; done';
