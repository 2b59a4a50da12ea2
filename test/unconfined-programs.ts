import type { Programs } from '../activities/ports/programs.ts';
import { createPrograms } from '../activities/programs/index.ts';

/** Runs programs of commits as on a machine without bubblewrap, so that a test sees their processes and their files. */
export const unconfinedPrograms: Programs = createPrograms({
  hasCredentials: false,
  machine: { obstacle: async () => 'this machine has no bubblewrap', hasMetadataServer: async () => false },
});
