/**
 * `npm run bench -- <name> [--pairs n] [--long]`: one measurement, its answer as a table. Without a name: which there
 * are.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { logErrorsOnly } from '../test/temporal-server.ts';
import { commandLine } from './command-line.ts';
import { cost } from './cost.ts';
import { incident } from './incident.ts';
import type { Finding, Measurement } from './measurement.ts';
import { reaction } from './reaction.ts';
import { replay } from './replay.ts';
import { workerStart } from './worker-start.ts';

const measurements = {
  'command-line': commandLine,
  cost,
  incident,
  reaction,
  replay,
  'worker-start': workerStart,
} satisfies Record<string, Measurement>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pairs: { type: 'string' }, long: { type: 'boolean', default: false } },
});
const [name] = positionals;
const chosen: Measurement | undefined = Object.entries<Measurement>(measurements).find(
  ([known]) => known === name,
)?.[1];

function usage(): string {
  const known = Object.entries<Measurement>(measurements).map(([each, { title }]) => `  ${each.padEnd(14)}${title}`);
  return `usage: npm run bench -- <name> [--pairs <n>] [--long]\n${known.join('\n')}\n`;
}

/** Describes the machine and its load, because others on it decide absolute times. */
function conditions(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}, Node ${process.version}`;
}

function table(findings: Finding[]): string {
  const lines = findings.map(
    ({ what, measured, goal, reached }) =>
      `| ${what} | ${measured} | ${goal} | ${reached === null ? '' : reached ? 'yes' : 'no'} |`,
  );
  return ['| what | measured | goal | reached |', '|---|---|---|---|', ...lines].join('\n');
}

if (chosen) {
  logErrorsOnly();
  const pairs = Number(values.pairs ?? chosen.pairs);
  process.stdout.write(`${chosen.title}\nbefore: ${conditions()}\n`);
  const findings = await chosen.measure({ pairs, long: values.long });
  process.stdout.write(`after: ${conditions()}\n\n${table(findings)}\n`);
} else {
  process.stdout.write(usage());
  process.exitCode = name === undefined ? 0 : 2;
}
