import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { draftText, type Draft } from '../../catalog/draft/draft.ts';
import { loadCatalog, readCatalogText } from '../../catalog/load.ts';
import { CommandError } from '../cli/command-error.ts';
import { projectFolder } from '../cli/project-folder.ts';

export interface CatalogPlace {
  /** Folder of the catalog. */
  folder: string;
  /** Values of `${SLIPWAY_…}`, so that a text is checked as it will be read. */
  variables: Record<string, string | undefined>;
}

/** The installed client has none. */
const schemaFile = path.join(projectFolder, 'catalog', 'schema.json');

/** Writes a first catalog file and answers its path. It never overwrites, and writes only what the check accepts. */
export async function writeDraft(draft: Draft, { folder, variables }: CatalogPlace): Promise<string> {
  const file = path.join(folder, `${draft.service}.yaml`);
  const text = draftText(draft, existsSync(schemaFile) ? schemaSeenFrom(folder) : null);
  const { problems } = readCatalogText(file, text, variables);
  if (problems.length > 0)
    throw CommandError.badInput(problems.map(({ path: where, message }) => ({ path: where, message })));
  await mkdir(folder, { recursive: true });
  const { services, ambiguous } = await loadCatalog(folder, variables);
  const described = services.get(draft.service)?.file ?? ambiguous.get(draft.service)?.join(' and ');
  if (described !== undefined) throw nothingWritten(`${draft.service} is described in ${described}`);
  await writeFile(file, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw nothingWritten(error.code === 'EEXIST' ? `${file} is there already` : `${file}: ${error.message}`);
  });
  return file;
}

function schemaSeenFrom(folder: string): string {
  const schema = path.relative(folder, schemaFile);
  return schema.startsWith('.') ? schema : `./${schema}`;
}

function nothingWritten(why: string): CommandError {
  return CommandError.refused(`${why}; nothing was written`, ['./slipway catalog check']);
}
