import { z } from 'zod';

/** Describes fields that inputs of runs and messages to them have in common. */

export const person = z.string('must say who').trim().min(3, 'must say who').max(200, 'at most 200 characters');
export const reason = z.string('must be text').trim().min(1, 'must not be blank').max(2000, 'at most 2000 characters');
export const commit = z
  .string('must be a commit')
  .regex(/^[0-9a-f]{40}$/, 'must be the full 40-digit commit SHA, in lower case');
export const digest = z
  .string('must be a digest')
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256:<64 hexadecimal digits>');
/** The state that a rollback goes back to. */
export const rollbackGoal = z
  .string('must be text')
  .regex(/^[a-z0-9][a-z0-9-]{2,62}$/, 'must be a change id, a commit or a revision');
/** Names what a stop of the line is about: all that the catalog has, or all environments of one service. */
export const stopScopes = ['everything', 'service'] as const;
export const stopScope = z.enum(stopScopes, `must be one of ${stopScopes.join(', ')}`);
export type StopScope = z.infer<typeof stopScope>;
export const moment = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-03-01T18:00:00Z' });
