import type { z } from 'zod';

/** Describes one kind of target: the fields of its catalog entry, and the words of its platform. */
export interface TargetKind<Schema extends z.ZodType> {
  schema: Schema;
  /** Names the workload as logs and metrics of the platform do. */
  workloadOf(target: z.infer<Schema>): string;
  /** Names the migration job; null if the target has none. */
  migrationJobOf(target: z.infer<Schema>): string | null;
  /** Gives the shell command with which a person reads a secret. */
  readSecretCommand(target: z.infer<Schema>, secret: string, version: string): string;
}
