import { createLogUpdate } from 'log-update';
import { exitCodeOfRun, exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import type { Colors, Output } from '../cli/output.ts';
import type { RunReport } from '../api/run-report.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { changeLines } from './changes.ts';
import { statusLines, waitingLines } from './status.ts';
import { fits, wrapped } from './wrap.ts';

/** Redraws without news, so that the running durations move. */
const redrawMs = 1_000;
/** Rows of the view that say which run it is. */
const headRows = 2;

export interface WatchOptions {
  runId?: string;
  signal: AbortSignal;
  /** Stops following after so long; the run goes on. */
  timeoutMs?: number;
  /** Returns true to leave the view, such as to ask a person something; the run goes on. */
  until?: (report: RunReport) => boolean;
  /** The last report that an earlier view has shown. */
  shown?: RunReport | null;
}

export interface Watched {
  /** The last report; null when there was none. */
  report: RunReport | null;
  exitCode: ExitCode;
}

/** Follows a run to its end: a live view on a terminal, a line for each change elsewhere. The run is never touched. */
export async function watchRun(
  slipway: SlipwayClient,
  output: Output,
  workflowId: string,
  options: WatchOptions,
): Promise<Watched> {
  const expired = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
  const signal = expired ? AbortSignal.any([options.signal, expired]) : options.signal;
  const view = output.live ? liveView(output, options.shown ?? null) : lineView(output, options.shown ?? null);
  let report: RunReport | null = null;
  try {
    const onOutage = (error: Error): void => output.note(`${error.message}; trying again`);
    for await (const next of slipway.follow(workflowId, {
      signal,
      onOutage,
      ...(options.runId === undefined ? {} : { runId: options.runId }),
    })) {
      report = next;
      view.show(next);
      if (next.end !== null || options.until?.(next) === true) break;
    }
  } finally {
    view.end();
  }
  return { report, exitCode: exitCodeOf(report, options.signal, expired) };
}

function exitCodeOf(report: RunReport | null, interrupted: AbortSignal, expired: AbortSignal | undefined): ExitCode {
  if (report?.end) return exitCodeOfRun(report.execution);
  if (interrupted.aborted) return exitCodes.interrupted;
  return expired?.aborted ? exitCodes.stillRunning : exitCodes.ok;
}

interface View {
  show(report: RunReport): void;
  end(): void;
}

function liveView(output: Output, shown: RunReport | null): View {
  const log = createLogUpdate(process.stdout);
  let last: RunReport | null = null;
  const newWait = waitsOnce(output.colors, shown);
  const draw = (): void => {
    const { columns, rows } = process.stdout;
    if (last) log(fitRows(liveLines(last, output.colors, columns), rows).join('\n'));
  };
  const redraw = setInterval(draw, redrawMs);
  return {
    show: (report) => {
      last = report;
      const wait = newWait(report);
      if (wait !== null) {
        // Above the live part and unwrapped: a command that was broken into lines cannot be pasted.
        log.clear();
        output.line(`${wait}\n`);
      }
      draw();
    },
    end: () => {
      clearInterval(redraw);
      log.clear();
      log.done();
      // Nothing moves any more: no line is broken, so that its commands can be pasted.
      if (last) output.line(statusLines(last, output.colors, new Date(), process.stdout.columns).join('\n'));
    },
  };
}

/** Shows a run while it goes on. What is asked and why something ended is wrapped, not cut; each line is one row. */
export function liveLines(report: RunReport, colors: Colors, columns: number, now: Date = new Date()): string[] {
  return statusLines(report, colors, now, columns).flatMap((line) =>
    fits(line, columns) ? line : wrapped(line, columns),
  );
}

/** Answers the wait of each report with its commands, once; null where the same was shown last, or nothing waits. */
export function waitsOnce(colors: Colors, shown: RunReport | null): (report: RunReport) => string | null {
  const textOf = (report: RunReport) => waitingLines(report, colors).join('\n');
  let last = shown === null ? '' : textOf(shown);
  return (report) => {
    const text = textOf(report);
    const isNew = text !== last && text !== '';
    last = text;
    return isNew ? text : null;
  };
}

/** A terminal keeps the head, which says what it is, and the end, where something happens; what is between scrolls. */
export function fitRows(lines: readonly string[], rows: number): string[] {
  // The cursor stands in a row of its own.
  const room = Math.max(rows - 1, headRows + 2);
  if (lines.length <= room) return [...lines];
  const end = lines.slice(headRows + 1 - room);
  return [...lines.slice(0, headRows), `  … ${lines.length - headRows - end.length} lines more`, ...end];
}

function lineView(output: Output, shown: RunReport | null): View {
  let last = shown;
  return {
    show: (report) => {
      for (const line of changeLines(last, report, output.colors)) output.line(line);
      last = report;
    },
    end: () => undefined,
  };
}
