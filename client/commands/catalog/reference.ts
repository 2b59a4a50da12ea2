import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { projectFolder } from '../../cli/project-folder.ts';

export const reference: CommandModule = {
  description: 'Every field of a catalog file as Markdown: what it takes, its default, and what it means.',
  examples: ['./slipway catalog reference > docs/catalog.md'],
  run: async ({ output }) => {
    const { catalogReference } = await import('../../../catalog/reference/index.ts');
    const page = catalogReference(await readFile(path.join(projectFolder, 'catalog/examples/small.yaml'), 'utf8'));
    output.result({ page });
    output.line(page.trimEnd());
    return exitCodes.ok;
  },
};
