/**
 * `./slipway setup`: everything that the sandbox needs from outside npm, fetched or built once; with `--all` also what
 * its further parts need, as the tests do.
 */
import { parseArgs } from 'node:util';
import { alertmanager } from './alertmanager.ts';
import { etcd } from './etcd.ts';
import { kubeApiserver, kubeControllerManager, kubectl } from './kubernetes.ts';
import { obtain } from './obtain.ts';
import { postgresPrograms } from './postgres.ts';
import { prometheus, promtool } from './prometheus.ts';
import { temporalCli } from './temporal.ts';

const { values } = parseArgs({
  options: { quiet: { type: 'boolean', default: false }, all: { type: 'boolean', default: false } },
});
const further = values.all
  ? [etcd, kubeApiserver, kubeControllerManager, kubectl, prometheus, promtool, alertmanager]
  : [];
const say = (line: string): void => void process.stderr.write(`slipway: ${line}\n`);

try {
  const [postgres, temporal] = await Promise.all([postgresPrograms(), obtain(temporalCli, say)]);
  // Builds take turns: two at once would share the processor.
  for (const server of further) await obtain(server, say);
  if (!values.quiet) {
    say(`set up: Node ${process.version}`);
    say(`        PostgreSQL in ${postgres}`);
    say(`        ${temporalCli.title} ${temporal}`);
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 69;
}
