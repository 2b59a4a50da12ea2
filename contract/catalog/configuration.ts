import { z } from 'zod';
import { environmentVariable, jsonPointer, settingsPath } from './fields.ts';

/**
 * Describes where a service has its settings from besides secrets and variables, so that the effective one of each key
 * can be told (runbook 002, section 6).
 */

/** A file of the commit with settings that a variable of the same meaning overrides. */
const file = z.strictObject({
  path: settingsPath,
  /** The place of each key in the file: `{ONEIRIC_PROFILE: /profile/name}`. */
  keys: z.record(environmentVariable, jsonPointer).refine((keys) => Object.keys(keys).length > 0, 'must have a key'),
});

export const configuration = z.strictObject({
  /** The strongest first. */
  files: z.array(file).max(10, 'at most 10 files').default([]),
  /** Keys that a stronger layer sets on purpose although a weaker one has them. Any other is a finding. */
  overrides: z.array(environmentVariable).default([]),
});

export type ConfigurationEntry = z.infer<typeof configuration>;
