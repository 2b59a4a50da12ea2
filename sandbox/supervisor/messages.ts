import type { SandboxDescription } from '../description.ts';

/** What the supervisor tells the process that started it. */
export type SupervisorMessage =
  | { kind: 'say'; line: string }
  | { kind: 'up'; description: SandboxDescription }
  | { kind: 'failed'; reason: string }
  /** Another supervisor has this folder. */
  | { kind: 'taken' };
