import { execFile } from 'node:child_process';
import { appendFile, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A module whose archive lacks files that its code embeds, and what stands in for them. */
export interface CompletedModule {
  module: string;
  /** Content by path in the module. */
  files: Readonly<Record<string, string>>;
}

interface Completion extends CompletedModule {
  /** The `go` command, and the environment that it gets. */
  go: string;
  env: NodeJS.ProcessEnv;
  /** Folder of the pin: `go.mod` and `go.sum`. */
  pin: string;
  /** Empty folder for the copy. */
  into: string;
}

/** Finds the module's source, which Go fetches and checks by the hash in `go.sum`. */
const sourceOf = async ({ go, env, pin, module }: Completion): Promise<string> => {
  const { stdout } = await run(go, ['mod', 'download', '-json', module], { cwd: pin, env, maxBuffer: 1 << 24 });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
};

/** Copies files one by one: the folders of Go's cache are read-only, and a copy of them would be, too. */
const copyFiles = async (from: string, to: string): Promise<void> => {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const folder = join(to, entry.parentPath.slice(from.length));
    await mkdir(folder, { recursive: true });
    await copyFile(join(entry.parentPath, entry.name), join(folder, entry.name));
  }
};

/**
 * Copies the module with the files that it lacks, and writes a pin that takes the copy. Answers the file of that pin,
 * for the flag `-modfile`: Go lets nobody lay files over its own cache.
 */
export const completeModule = async (completion: Completion): Promise<string> => {
  const { module, files, pin, into } = completion;
  const copy = join(into, 'module');
  await copyFiles(await sourceOf(completion), copy);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(copy, path)), { recursive: true });
    await writeFile(join(copy, path), content);
  }
  const file = join(into, 'completed.mod');
  await copyFile(join(pin, 'go.mod'), file);
  await copyFile(join(pin, 'go.sum'), join(into, 'completed.sum'));
  await appendFile(file, `\nreplace ${module} => ${copy}\n`);
  return file;
};
