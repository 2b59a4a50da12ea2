import { nameIf, type Layout, type NamedFile } from './layout.ts';

interface Revision {
  file: NamedFile;
  id: string;
  parents: string[];
}

/** Python modules that name the one that they follow: their order is in them, and not in their names. */
export const alembic: Layout = {
  files: '<revision>_<name>.py',
  nameOf: (path) => (path === 'env.py' ? null : nameIf(/^(versions\/)?[A-Za-z0-9][^/]*\.py$/, path)),
  ignores: (path) => /^(env\.py|script\.py\.mako|alembic\.ini|(versions\/)?__init__\.py)$/.test(path),
  order: (files) => {
    const revisions: Revision[] = [];
    for (const file of files) {
      const found = readRevision(file);
      if (!found) return { problem: `${file.path} does not say which revision it is, and which one it follows` };
      revisions.push(found);
    }
    return ordered(revisions);
  },
};

function readRevision(file: NamedFile): Revision | null {
  const id = /^revision\b[^=\n]*=\s*['"]([^'"]+)['"]/m.exec(file.text)?.[1];
  const parents = /^down_revision\b[^=\n]*=\s*(None|\([^)]*\)|\[[^\]]*\]|['"][^'"]+['"])/m.exec(file.text)?.[1];
  if (id === undefined || parents === undefined) return null;
  return { file, id, parents: [...parents.matchAll(/['"]([^'"]+)['"]/g)].map(([, parent = '']) => parent) };
}

/** Puts each revision after those that it follows. */
function ordered(revisions: Revision[]): NamedFile[] | { problem: string } {
  const ids = new Set(revisions.map(({ id }) => id));
  for (const { file, parents } of revisions) {
    const lost = parents.find((parent) => !ids.has(parent));
    if (lost !== undefined) return { problem: `${file.path} follows revision ${lost}, which is not there` };
  }
  const heads = revisions.filter(({ id }) => !revisions.some(({ parents }) => parents.includes(id)));
  if (heads.length > 1) {
    const names = heads.map(({ file }) => file.path).sort();
    return { problem: `there are ${heads.length} heads, which have to be merged: ${names.join(', ')}` };
  }
  const order: NamedFile[] = [];
  const placed = new Set<string>();
  let rest = [...revisions].sort((one, other) => (one.file.path < other.file.path ? -1 : 1));
  while (rest.length > 0) {
    const next = rest.filter(({ parents }) => parents.every((parent) => placed.has(parent)));
    if (next.length === 0) return { problem: 'its revisions follow each other in a circle' };
    for (const { id, file } of next) {
      placed.add(id);
      order.push(file);
    }
    rest = rest.filter(({ id }) => !placed.has(id));
  }
  return order;
}
