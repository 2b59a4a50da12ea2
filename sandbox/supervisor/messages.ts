import type { SandboxDescription } from '../description.ts';

/** A message of the supervisor to the process that started it. */
export type SupervisorMessage =
  | { kind: 'say'; line: string; isPassing: boolean }
  | { kind: 'up'; description: SandboxDescription }
  | { kind: 'failed'; reason: string }
  /** Another supervisor has this folder. */
  | { kind: 'taken' };
