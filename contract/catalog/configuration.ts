import { z } from 'zod';
import { environmentVariable, jsonPointer, settingsPath } from './fields.ts';

/**
 * Describes where a service has its settings from besides secrets and variables, so that the effective one of each key
 * can be told (runbook 002, section 6).
 */

/** A file of the commit with settings that a variable of the same meaning overrides. */
const file = z.strictObject({
  path: settingsPath.describe('The file, as JSON, YAML or TOML.'),
  keys: z
    .record(environmentVariable, jsonPointer)
    .refine((keys) => Object.keys(keys).length > 0, 'must have a key')
    .describe('The variable that means the same, and its place in the file.')
    .meta({ examples: [{ LOG_LEVEL: '/logging/level' }] }),
});

export const configuration = z
  .strictObject({
    files: z.array(file).max(10, 'at most 10 files').default([]).describe('The files, the strongest first.'),
    overrides: z
      .array(environmentVariable)
      .default([])
      .describe('Keys that a stronger layer sets on purpose although a weaker one has them. Any other is a finding.'),
  })
  .meta({
    id: 'configuration',
    title: 'Configuration',
    description: 'Files of the commit with further settings. What counts is said in [configuration](configuration.md).',
  });

export type ConfigurationEntry = z.infer<typeof configuration>;
