import type { Flag } from '../../cli/command.ts';

/** Flags of what the commands that write a first catalog file take of the service itself. */
export const draftFlags: Flag[] = [
  ['--migrations <folder>', 'folder of the migrations, or none (default: as found in the repository)'],
  ['--layout <name>', 'how the tool keeps them there, such as alembic (default: as found)'],
  ['--migrate <command>', 'what migrates, in the image (default: a process migrate or release, else the tool)'],
  ['--health <path>', 'path that answers 200 when all is well (default: as found in the sources, else /)'],
];
