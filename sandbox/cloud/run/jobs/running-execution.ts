import type { Execution } from '../resources/resources.ts';

/** One execution that runs in this process. */
export interface RunningExecution {
  name: string;
  /** Aborted when the execution is cancelled, with the reason `shutdown` when the emulator ends. */
  cancelled: AbortController;
  /** Changes the execution's resource and tells those who follow it. */
  update(edit: (execution: Execution) => Execution): void;
}
