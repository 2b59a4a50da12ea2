import type { Problem } from '../../contract/failures.ts';
import type { CommandModule } from '../cli/command.ts';
import type { Colors } from '../cli/output.ts';
import type { Session } from '../cli/session.ts';

export interface LookOptions {
  environment?: string;
  timeout?: number;
}

/** Types of workflows that only look. */
export type LookType = 'checkDrift' | 'dailyChecks' | 'testNotifications';

export interface LookCommand<More extends object = object> extends Pick<
  CommandModule,
  'description' | 'arguments' | 'flags' | 'examples'
> {
  type: LookType;
  /** Reads what the input has besides the place. */
  more?(session: Session, options: More): Promise<object>;
  /** Lists what is wrong with the flags of this command. */
  problems?(options: More): Problem[];
  /** Shows a report: what the run returned, or what its failure carries. */
  lines(report: unknown, colors: Colors): Promise<string[]> | string[];
}

/** Makes a command that starts a run which only looks, waits for its end and shows its report. */
export function lookCommand<More extends object = object>(
  command: LookCommand<More>,
): CommandModule<LookOptions & More> {
  const { type: _type, more: _more, problems: _problems, lines: _lines, ...help } = command;
  return {
    ...help,
    connects: true,
    run: async (session, options, service) => {
      const { lookRun } = await import('./look-run.ts');
      return lookRun(command, session, options, service);
    },
  };
}

/** Reads a list of a report; empty where the report has no such list. */
export function listIn<Item>(report: unknown, field: string): Item[] {
  const list = typeof report === 'object' && report !== null ? (report as Record<string, unknown>)[field] : undefined;
  return Array.isArray(list) ? (list as Item[]) : [];
}
