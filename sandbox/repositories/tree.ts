import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface TreeFile {
  path: string;
  content: Buffer;
  executable: boolean;
}

const filesUnder = async (directory: string): Promise<TreeFile[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (file) => {
      const path = relative(directory, file);
      // Not asked of the file system: an archive or a copy may have lost the mode, and the commit would be another one.
      return { path, content: await readFile(file), executable: path.startsWith('bin/') };
    }),
  );
};

/** Reads the files of a service's base and puts each layer's files over them. Throws when a layer is empty. */
export const readTree = async (serviceFolder: string, layers: string[]): Promise<TreeFile[]> => {
  const folders = [join(serviceFolder, 'base'), ...layers.map((layer) => join(serviceFolder, 'layers', layer))];
  const tree = new Map<string, TreeFile>();
  for (const files of await Promise.all(folders.map(filesUnder))) {
    for (const file of files) tree.set(file.path, file);
  }
  return [...tree.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
};
