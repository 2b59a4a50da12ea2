import path from 'node:path';

/** Folder of this project: it has catalog, worker and sandbox, wherever the command was called. */
export const projectFolder = path.dirname(path.dirname(import.meta.dirname));
