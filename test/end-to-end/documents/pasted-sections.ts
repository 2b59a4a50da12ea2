import { clusterSections } from './cluster.ts';
import { incidentSections } from './incidents.ts';
import { operatingSections } from './operating.ts';
import { readmeSections } from './readme.ts';
import { releaseSections } from './releases.ts';
import type { Section } from './section.ts';
import { serviceSections } from './services.ts';
import { toolSections } from './tools.ts';

/** All that tests paste, of every world. */
export const pastedSections: Section[] = [
  ...readmeSections,
  ...toolSections,
  ...releaseSections,
  ...operatingSections,
  ...serviceSections,
  ...incidentSections,
  ...clusterSections,
];
