import { describe } from 'vitest';
import { incidentSections } from './documents/incidents.ts';
import { watchBriefly } from './documents/preparations.ts';
import { pasteSections } from './documents/section.ts';
import { openWorld } from './documents/world.ts';
import { openings } from './documents/worlds.ts';
import { monitoringIsMissing } from './monitoring.ts';

// All of it takes minutes, so `SLIPWAY_LONG=1` asks for it.
describe.skipIf(process.env['SLIPWAY_LONG'] === undefined || (await monitoringIsMissing()) !== undefined)(
  'commands for incidents, pasted as they stand there',
  () => {
    const world = openWorld({ opening: openings.monitored, isAfterReadme: true, prepare: watchBriefly });

    pasteSections(world, incidentSections);
  },
);
