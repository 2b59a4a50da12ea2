import { describe } from 'vitest';
import { readmeSections } from './documents/readme.ts';
import { pasteSections } from './documents/section.ts';
import { openWorld } from './documents/world.ts';

describe('commands of documents, pasted as they stand there', () => {
  const world = openWorld({ opening: ['./slipway sandbox up', './slipway worker'] });

  pasteSections(world, readmeSections);
});
