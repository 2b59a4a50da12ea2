import { describe } from 'vitest';
import { clusterSections } from './documents/cluster.ts';
import { watchBriefly } from './documents/preparations.ts';
import { pasteSections } from './documents/section.ts';
import { openWorld } from './documents/world.ts';
import { openings } from './documents/worlds.ts';
import { clusterPrograms } from '../sandbox/cluster-programs.ts';

// All of it takes minutes, so `SLIPWAY_LONG=1` asks for it.
describe.skipIf(process.env['SLIPWAY_LONG'] === undefined || typeof (await clusterPrograms()) === 'string')(
  'commands for a cluster, pasted as they stand there',
  () => {
    const world = openWorld({ opening: openings.cluster, isAfterReadme: true, prepare: watchBriefly });

    pasteSections(world, clusterSections);
  },
);
