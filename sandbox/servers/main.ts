/** `./slipway setup`: everything that the sandbox needs from outside npm, fetched or built once. */
import { parseArgs } from 'node:util';
import { obtain } from './obtain.ts';
import { postgresPrograms } from './postgres.ts';
import { temporalCli } from './temporal.ts';

const { values } = parseArgs({ options: { quiet: { type: 'boolean', default: false } } });
const say = (line: string): void => void process.stderr.write(`slipway: ${line}\n`);

try {
  const [postgres, temporal] = await Promise.all([postgresPrograms(), obtain(temporalCli, say)]);
  if (!values.quiet) {
    say(`set up: Node ${process.version}`);
    say(`        PostgreSQL in ${postgres}`);
    say(`        ${temporalCli.title} ${temporal}`);
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 69;
}
