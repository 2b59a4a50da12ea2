/** A program that a commit brings, or one that works on what it brings. */
export interface Program {
  command: string[];
  cwd: string;
  /** Variables besides those that every program gets. */
  variables: Record<string, string>;
  timeoutMs: number;
  signal: AbortSignal;
  /** Gets each piece of its output on both streams as it comes, printable. */
  onOutput?: (text: string) => void;
}

export interface ProgramEnd {
  code: number | null;
  signalName: string | null;
  /** The reason why it could not be started; null if it ran. */
  missing: string | null;
  timedOut: boolean;
  milliseconds: number;
  /** The end of its output on both streams, printable. */
  output: string;
}

/** The folders that a program of a commit works with. */
export interface ProgramFolders {
  /** The folder that it may write. */
  folder: string;
  /** The mirror whose objects the checkout borrows; null if it has its own. */
  mirror: string | null;
}

/** Runs the programs of commits on the machine of the worker, which they must not get hold of. */
export interface Programs {
  /**
   * Runs a program of a commit in an empty home, and ends all that it started. `offline` leaves it no network but its
   * own loopback. Throws a final failure of type `Missing` where the machine cannot keep it confined.
   */
  runConfined(program: Program & { folders: ProgramFolders; offline: boolean }): Promise<ProgramEnd>;
}
