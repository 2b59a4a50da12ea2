import { clearLine, cursorTo } from 'node:readline';
import type { OutputStreams } from './output.ts';

/** In a pipe, a log or a CI job a passing line is printed so often. */
const printEveryMs = 15_000;
const usualColumns = 80;

/** A line that is in its place until the next one comes: on a terminal only. */
export interface PassingLine {
  /** Says whether it is time for a line of its own, where there is no terminal. */
  isDue(): boolean;
  /** Writes the line in the place of the one before; nothing where there is no terminal. */
  show(text: string, paint: (text: string) => string): void;
  /** Makes room for another line. */
  clear(): void;
}

export function createPassingLine(
  stream: OutputStreams['stderr'],
  environment: NodeJS.ProcessEnv,
  now: () => number = Date.now,
): PassingLine {
  const isLive = stream.isTTY === true && environment['TERM'] !== 'dumb';
  let isShown = false;
  let printedAt: number | null = null;
  const clear = (): void => {
    if (!isShown) return;
    cursorTo(stream, 0);
    clearLine(stream, 0);
    isShown = false;
  };
  return {
    isDue: () => {
      if (isLive) return false;
      printedAt ??= now();
      if (now() - printedAt < printEveryMs) return false;
      printedAt = now();
      return true;
    },
    show: (text, paint) => {
      if (!isLive) return;
      clear();
      // A line that wraps could not be taken away again.
      stream.write(paint([...text].slice(0, (stream.columns ?? usualColumns) - 1).join('')));
      isShown = true;
    },
    clear,
  };
}
