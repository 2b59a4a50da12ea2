import { z } from 'zod';

/**
 * Holds the small schemas of catalog files and inputs, each with a message for somebody who writes a wrong value. The
 * title is the word for such a value in the reference (docs/catalog.md) and in editors.
 */

/** Says whether an http or https URL names a user, which may be a token. */
export const hasUserOfHttp = (text: string): boolean => /^https?:\/\/[^/?#]*@/i.test(text);

export const name = z
  .string('must be a name')
  .regex(
    /^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$/,
    'must be lower-case letters, digits and dashes, begin with a letter, at most 50 characters',
  )
  .meta({ title: 'name' });
export const url = z
  .string('must be a URL')
  .regex(/^https?:\/\/[^\s]+$/, 'must be an http or https URL')
  .refine(
    (text) => !hasUserOfHttp(text),
    'must not have a user or a password, which would stand in every plan and history: ' +
      'where a request has headers, write one with {secret: <name>}',
  )
  .meta({ title: 'URL' });
export const argument = z.string('must be text').max(2000, 'at most 2000 characters');
export const count = (label: string, low: number, high: number) =>
  z
    .number(`must be ${label}`)
    .int(`must be ${label}`)
    .min(low, `at least ${low}`)
    .max(high, `at most ${high}`)
    .meta({ title: label.replace(/^an? /, '') });
export const relativePath = z
  .string('must be a path')
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))(?!-)[\w./-]+$/, 'must be a path below the repository, without ..')
  .meta({ title: 'path in the repository' });
/** A file of a commit that holds settings. */
export const settingsPath = relativePath.regex(/\.(json|ya?ml|toml)$/, 'must end with .json, .yaml, .yml or .toml');
export const environmentVariable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
  .meta({ title: 'variable' });
export const jsonPointer = z
  .string('must be a JSON pointer')
  .regex(/^(\/([^/~]|~[01])*)+$/, 'must be a JSON pointer such as /status; in a name ~ is written ~0, and / is ~1')
  .meta({ title: 'JSON pointer' });
export const secretName = z
  .string('must be the name of a secret')
  .regex(/^[\w-]{1,255}(\/[\w.-]{1,253})?$/, 'must be the name of a secret, on Kubernetes with its key: name/key')
  .meta({ title: 'name of a secret' });
export const secretVersion = z
  .string('must be latest or a number')
  .regex(/^(latest|\d+)$/, 'must be latest or a number')
  .meta({ title: 'version of a secret' });
