import { describe } from 'vitest';
import { serviceSections } from './documents/services.ts';
import { watchBriefly } from './documents/preparations.ts';
import { pasteSections } from './documents/section.ts';
import { openWorld } from './documents/world.ts';
import { openings } from './documents/worlds.ts';

// All of it takes minutes, so `SLIPWAY_LONG=1` asks for it.
describe.skipIf(process.env['SLIPWAY_LONG'] === undefined)('commands for services, pasted as they stand there', () => {
  const world = openWorld({ opening: openings.oneiric, isAfterReadme: true, prepare: watchBriefly });

  pasteSections(world, serviceSections);
});
