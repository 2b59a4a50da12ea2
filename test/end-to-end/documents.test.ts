import { describe } from 'vitest';
import { readmeSections } from './documents/readme.ts';
import { releaseSections } from './documents/releases.ts';
import { pasteSections } from './documents/section.ts';
import { toolSections } from './documents/tools.ts';
import { openWorld } from './documents/world.ts';
import { openings } from './documents/worlds.ts';

/** `SLIPWAY_LONG=1` asks for the releases of agento, too, which take minutes. */
const isLong = process.env['SLIPWAY_LONG'] !== undefined;

describe('commands of documents, pasted as they stand there', () => {
  const world = openWorld({ opening: openings.usual });

  pasteSections(world, [...readmeSections, ...(isLong ? releaseSections : []), ...toolSections]);
});
