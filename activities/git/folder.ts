import path from 'node:path';
import { execa } from 'execa';
import type { MigrationFile } from '../migrations/layout.ts';

const timeoutMs = 40_000;
const maxBytes = 256 << 20;
const fileModes = ['100644', '100755'];

/**
 * Reads all files below a folder of a commit, whatever they are called; null if the commit has no such folder. A link
 * and a submodule are files without a text.
 */
export async function readFolder(mirror: string, commit: string, directory: string): Promise<MigrationFile[] | null> {
  const place = path.posix.normalize(directory).replace(/\/$/, '');
  const [found] = place === '.' ? [{ id: `${commit}^{tree}` }] : await list(mirror, ['-d', commit, '--', place]);
  if (!found) return null;
  const entries = await list(mirror, ['-r', found.id]);
  const files = entries.filter(({ mode }) => fileModes.includes(mode));
  const texts = await readBlobs(
    mirror,
    files.map(({ id }) => id),
  );
  return entries.map(({ name, id }) => ({ path: name, blob: id, text: texts.get(id) ?? '' }));
}

interface Entry {
  mode: string;
  id: string;
  name: string;
}

/** Lists entries of a tree. Platform: git ls-tree -z, `<mode> <type> <id>`, a tab, the name as it is. */
async function list(mirror: string, args: string[]): Promise<Entry[]> {
  const listing = (await git(mirror, ['ls-tree', '-z', ...args])).toString();
  return listing
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const [facts = '', name = ''] = line.split('\t');
      const [mode = '', , id = ''] = facts.split(' ');
      return { mode, id, name };
    });
}

/** Reads many files by one program. Platform: git cat-file --batch, `<id> <type> <size>`, the content, a line's end. */
async function readBlobs(mirror: string, blobs: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (blobs.length === 0) return texts;
  const answer = await git(mirror, ['cat-file', '--batch'], `${blobs.join('\n')}\n`);
  let at = 0;
  for (const blob of blobs) {
    const end = answer.indexOf('\n', at);
    const size = Number(answer.toString('utf8', at, end).split(' ')[2]);
    texts.set(blob, answer.toString('utf8', end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return texts;
}

async function git(mirror: string, args: string[], input = ''): Promise<Buffer> {
  const { stdout } = await execa('git', ['-C', mirror, ...args], {
    timeout: timeoutMs,
    input,
    encoding: 'buffer',
    maxBuffer: maxBytes,
    stripFinalNewline: false,
  });
  return Buffer.from(stdout);
}
