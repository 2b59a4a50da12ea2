import path from 'node:path';
import type { CommandGate } from '../../contract/catalog/gates.ts';
import type { Checkout } from '../ports/index.ts';
import type { ProgramEnd } from '../ports/programs.ts';
import type { Check, GateFinding, GateContext } from './gate.ts';

const installCommand = ['npm', 'ci', '--no-audit', '--no-fund'];
const installTimeoutSeconds = 900;
/** Lines at the end of its output that people see. */
const shownLines = 12;
const maxLineLength = 300;

/**
 * Runs a program of the commit in a clean checkout. Exit code 0 passes; any other fails, and so does a program that
 * does not end in time. A program that cannot be started is inconclusive.
 */
export const checkCommand: Check<CommandGate> = async (gate, context) => {
  const checkout = await context.checkout();
  const cwd = path.join(checkout.folder, gate.directory ?? '.');
  if (gate.install && !checkout.installed.has(cwd)) {
    const install = { command: installCommand, timeoutSeconds: installTimeoutSeconds, offline: false };
    const end = await run(checkout, cwd, { ...gate, ...install }, context);
    if (end.code !== 0)
      return {
        verdict: 'inconclusive',
        reason: `npm ci ${describeEnd(end, installTimeoutSeconds)}, so the commit was not checked`,
        samples: tail(end),
      };
    checkout.installed.add(cwd);
  }
  const end = await run(checkout, cwd, gate, context);
  context.keep?.(gate.name, { file: { name: 'output', text: end.output } });
  return findingOf(gate, end);
};

function run(
  folders: Checkout,
  cwd: string,
  { name, command, variables = {}, timeoutSeconds, offline = false }: CommandGate,
  { ports, progress, signal }: GateContext,
): Promise<ProgramEnd> {
  progress({ gate: name, runs: command.join(' ').slice(0, 200) });
  return ports.programs.runConfined({
    ...{ command, cwd, variables, timeoutMs: timeoutSeconds * 1000, signal, offline },
    folders: { folder: folders.folder, mirror: folders.mirror },
  });
}

function findingOf({ command, timeoutSeconds }: CommandGate, end: ProgramEnd): GateFinding {
  const reason = `${command.join(' ').slice(0, 200)} ${describeEnd(end, timeoutSeconds)}`;
  if (end.missing !== null) return { verdict: 'inconclusive', reason };
  return { verdict: end.code === 0 ? 'pass' : 'fail', reason, samples: tail(end) };
}

/** Says how a program ended, as the end of a sentence. */
export function describeEnd(
  { code, signalName, missing, timedOut, milliseconds }: ProgramEnd,
  timeoutSeconds: number,
): string {
  if (missing !== null) return `could not be started: ${missing}`;
  if (timedOut) return `did not end within ${timeoutSeconds} s`;
  return `ended with ${code ?? signalName ?? 'nothing'} after ${(milliseconds / 1000).toFixed(1)} s`;
}

function tail({ output }: ProgramEnd): string[] {
  const lines = output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return lines.slice(-shownLines).map((line) => line.slice(0, maxLineLength));
}
