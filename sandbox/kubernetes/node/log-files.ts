import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface LogLine {
  /** RFC 3339. */
  time: string;
  text: string;
}

/** One run of a container: what it writes, and who reads along. */
export interface LogWriter {
  line(stream: 'stdout' | 'stderr', text: string): void;
  /** Ends the log: those who read along are told. */
  end(): void;
}

export interface LogReading {
  lines: LogLine[];
  /** Hands over what comes next; undefined when the run has ended. Returns a function that stops it. */
  follow?: (line: (line: LogLine) => void, end: () => void) => () => void;
}

/** Logs of a pod's containers: a file a run, as a kubelet keeps them. Format: CRI, `<time> <stream> F <text>`. */
export interface PodLogs {
  /** Opens the log of a container's run; those before the last two go. */
  open(container: string, run: number): LogWriter;
  /** Reads the last run, or the one before it; undefined where there is none. */
  read(container: string, previous: boolean): LogReading | undefined;
}

interface Listener {
  line(line: LogLine): void;
  end(): void;
}

/** Opens the logs below a pod's folder. */
export function openPodLogs(folder: string): PodLogs {
  const open = new Map<string, Set<Listener>>();
  const runs = (container: string): number[] => {
    const dir = join(folder, container);
    if (!existsSync(dir)) return [];
    const numbers = readdirSync(dir).map((name) => Number.parseInt(name, 10));
    return numbers.sort((one, other) => other - one);
  };
  const file = (container: string, run: number): string => join(folder, container, `${run}.log`);
  return {
    open: (container, run) => {
      mkdirSync(join(folder, container), { recursive: true });
      for (const old of runs(container).slice(1)) rmSync(file(container, old), { force: true });
      const path = file(container, run);
      const descriptor = openSync(path, 'a');
      const listeners = new Set<Listener>();
      open.set(path, listeners);
      return {
        line: (stream, text) => {
          const time = new Date().toISOString();
          writeSync(descriptor, `${time} ${stream} F ${text}\n`);
          for (const listener of listeners) listener.line({ time, text });
        },
        end: () => {
          if (!open.delete(path)) return;
          closeSync(descriptor);
          for (const listener of listeners) listener.end();
        },
      };
    },
    read: (container, previous) => {
      const run = runs(container)[previous ? 1 : 0];
      if (run === undefined) return undefined;
      const path = file(container, run);
      const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1).map(parse);
      const listeners = open.get(path);
      return { lines, follow: listeners && ((line, end) => subscribe(listeners, { line, end })) };
    },
  };
}

function subscribe(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function parse(line: string): LogLine {
  const [time = ''] = line.split(' ', 1);
  const text = line.slice(time.length).replace(/^ std(out|err) F /, '');
  return { time, text };
}
