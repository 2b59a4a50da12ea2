import { countOf, type PlannedMigration } from '../../contract/plan.ts';
import { declares } from './declarations.ts';
import { layoutOf, layouts, type MigrationFolder } from './index.ts';
import type { Layout, MigrationFile, NamedFile } from './layout.ts';

/** The migrations of a commit in order, or why nobody can list them: then they count as incompatible. */
export type ListedMigrations = { migrations: PlannedMigration[] } | { unknown: string };

/** Files that no tool runs, whatever the layout. */
const besides = /(^|\/)(\.[^/]*|README[^/]*|[^/]*\.(md|txt|sum|lock|toml))$/i;

/** Lists the migrations among the files of a folder. */
export function listMigrations(folder: MigrationFolder, files: readonly MigrationFile[]): ListedMigrations {
  const layout = layoutOf(folder);
  const kind = folder.files === undefined ? `layout ${folder.layout ?? 'sql'} (${layout.files})` : layout.files;
  const considered = files.filter(({ path }) => !besides.test(path));
  const named = namedFiles(layout, considered);
  const [strange] = considered.filter(({ path }) => layout.nameOf(path) === null && !layout.ignores?.(path));
  if (named.length === 0) return { unknown: `${folder.directory} has no migration of ${kind}${guess(considered)}` };
  if (strange)
    return { unknown: `${folder.directory} has ${strange.path}, which is no migration of ${kind}${guess(considered)}` };
  const ordered = layout.order
    ? layout.order(named)
    : [...named].sort((one, other) => (one.name < other.name ? -1 : 1));
  if ('problem' in ordered) return { unknown: `${folder.directory}: ${ordered.problem}` };
  return { migrations: ordered.map((file) => plannedMigration(layout, file)) };
}

function namedFiles(layout: Layout, files: readonly MigrationFile[]): NamedFile[] {
  return files.flatMap((file) => {
    const name = layout.nameOf(file.path);
    return name === null ? [] : [{ ...file, name }];
  });
}

/** What runs again when it changes is another migration then, so that a change of it is seen. */
function plannedMigration(layout: Layout, { name, path, blob, text }: NamedFile): PlannedMigration {
  const runsAgain = layout.runsAgain?.(path) ?? false;
  return {
    name: runsAgain ? `${name} (${blob.slice(0, 7)})` : name,
    compatibility: declares(text, 'compatible') ? 'compatible' : 'incompatible',
    ...(declares(text, 'out-of-order') && { outOfOrder: true as const }),
    ...(runsAgain && { runsAgain }),
  };
}

/** Names the layouts that understand every file, if there are any. */
function guess(files: readonly MigrationFile[]): string {
  if (files.length === 0) return '';
  const fitting = Object.entries(layouts)
    .filter(([, layout]: [string, Layout]) => understands(layout, files))
    .map(([name]) => name);
  if (fitting.length === 0) return `; it has ${countOf(files.length, 'file')}, such as ${files[0]?.path ?? ''}`;
  return `; its files look like layout ${fitting.join(' or ')}`;
}

function understands(layout: Layout, files: readonly MigrationFile[]): boolean {
  const named = namedFiles(layout, files);
  if (named.length === 0 || files.some(({ path }) => layout.nameOf(path) === null && !layout.ignores?.(path)))
    return false;
  return layout.order === undefined || !('problem' in layout.order(named));
}
