import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { AddedFile } from '../ports/index.ts';

const timeoutMs = 40_000;
const maxBytes = 256 << 20;
const environment = { GIT_TERMINAL_PROMPT: '0' };

/** Packs a tree of a mirror as a `.tar.gz`. An added file takes the place of the tree's own. */
export async function packArchive(mirror: string, tree: string, added: AddedFile | null): Promise<Buffer> {
  if (!added) return archive(mirror, [tree]);
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-archive-'));
  try {
    const file = path.join(folder, path.basename(added.path));
    await writeFile(file, added.text);
    const prefix = path.posix.dirname(added.path);
    // The last prefix is that of the tree. Platform: git archive, --prefix and --add-file.
    const options = [`--prefix=${prefix === '.' ? '' : `${prefix}/`}`, `--add-file=${file}`, '--prefix='];
    return await archive(mirror, [...options, tree, '--', `:(exclude,literal)${added.path}`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function archive(mirror: string, args: string[]): Promise<Buffer> {
  const { stdout } = await execa('git', ['-C', mirror, 'archive', '--format=tar.gz', ...args], {
    env: environment,
    timeout: timeoutMs,
    stdin: 'ignore',
    encoding: 'buffer',
    maxBuffer: maxBytes,
  });
  return Buffer.from(stdout);
}
