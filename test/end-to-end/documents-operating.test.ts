import { describe } from 'vitest';
import { operatingSections } from './documents/operating.ts';
import { watchBriefly } from './documents/preparations.ts';
import { pasteSections } from './documents/section.ts';
import { openWorld } from './documents/world.ts';

// All of it takes minutes, so `SLIPWAY_LONG=1` asks for it.
describe.skipIf(process.env['SLIPWAY_LONG'] === undefined)('the pages for operators, pasted', () => {
  const world = openWorld({
    opening: ['./slipway sandbox up', './slipway worker'],
    isAfterReadme: true,
    prepare: watchBriefly,
  });

  pasteSections(world, operatingSections);
});
