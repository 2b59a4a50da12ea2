import { operatingSections } from './operating.ts';
import { readmeSections } from './readme.ts';
import type { Section } from './section.ts';

/** All that tests paste, of every world. */
export const pastedSections: Section[] = [...readmeSections, ...operatingSections];
