import path from 'node:path';

/** Folder of this project. */
export const projectFolder = path.dirname(import.meta.dirname);
