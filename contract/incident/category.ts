import type { Look } from './look.ts';

/** Names of what an incident can do about a cause. Each is a child change of its own. */
export const mitigationNames = ['rollback', 'restart', 'disableTraffic', 'deploy'] as const;
export type MitigationName = (typeof mitigationNames)[number];

/** A mitigation that usually helps in a category, and what has to speak for it before it is proposed. */
export interface UsualMitigation {
  action: Exclude<MitigationName, 'deploy'>;
  /** One of these looks has failed. A rollback has none: a suspect speaks for it. */
  looks?: readonly string[];
}

/** Describes one action of a runbook for a category. */
export interface ChecklistAction {
  /** A short name, unique in its category. */
  name: string;
  /** The action in our own words. */
  action: string;
  /** The runbook's line, such as `runbook 001, section 4, A, action 1`. */
  cites: string;
  /** The names of the looks that answer it, or why a person has to. */
  answeredBy: { looks: readonly string[] } | { person: string };
}

/**
 * Describes one category of incidents (runbook 001, section 4): its alerts, what triage looks at, and every action of
 * the runbook. It is data: whoever adds a category writes one file and one line.
 */
export interface Category {
  letter: string;
  title: string;
  /** Names of its alerts: one of them opens an incident of this category. */
  alerts: readonly string[];
  /** Words that stand in the log of a service that has this. They rank the categories of an unknown incident. */
  words: readonly string[];
  /** The page that a person follows: a path in this repository, or an address of the service's own. */
  runbook: string;
  looks: readonly Look[];
  checklist: readonly ChecklistAction[];
  /** What usually helps, the first first. */
  mitigations: readonly UsualMitigation[];
}
