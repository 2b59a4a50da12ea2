import path from 'node:path';

/** The folder of this project: where catalog, worker and sandbox are, wherever the command was called. */
export const projectFolder = path.dirname(path.dirname(import.meta.dirname));
