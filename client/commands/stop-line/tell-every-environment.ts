import { parseInput } from '../../../contract/inputs.ts';
import { messageNames, messagePayloads, type MessagePayloads } from '../../../contract/messages.ts';
import { shellWord } from '../../../contract/shell-word.ts';
import type { StopScope } from '../../../contract/fields.ts';
import type { EnvironmentName } from '../../api/environment-name.ts';
import type { Sent } from '../../api/messages.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { cleanLine } from '../../cli/text.ts';
import { asCommandError } from '../../cli/service-errors.ts';
import { currentPerson } from '../../requests/current-person.ts';
import { everyEnvironment, notOperatedBy, type CatalogPlace } from '../../requests/every-environment.ts';
import { signForEnvironment } from '../../requests/message-signature.ts';
import { sendOptions } from '../../requests/send-message.ts';
import type { StopLineCommand, StopLineOptions } from './stop-line-command.ts';

/** Environments that are told at the same time. */
const atOnce = 10;

/** The end for one environment. `left` is with the server until a worker lives. */
interface PlaceResult extends EnvironmentName {
  state: 'done' | 'left' | 'failed';
  answer: string;
}

/** Tells every environment that is meant, and says what became of each. */
export async function tellEveryEnvironment<Name extends 'freeze' | 'unfreeze'>(
  { name, send }: StopLineCommand<Name>,
  session: Session,
  options: StopLineOptions,
  service: string | undefined,
): Promise<ExitCode> {
  const { payload, places } = await prepare(session, options, service, name);
  const slipway = await session.slipway();
  const told = await inTurns(places, async (place) => {
    const target = { name: nameOf(place), message: messageNames[name], file: options.key };
    const result = await tell(place, async () => {
      const signed = await signForEnvironment(session, slipway, target, payload);
      return send(slipway, target.name, signed, sendOptions(options));
    });
    showResult(session, result);
    return result;
  });
  return conclude(session, told, repeatOf(name, options, service));
}

/** Parses all that was given. Throws a CommandError with every problem; nothing was touched by then. */
async function prepare<Name extends 'freeze' | 'unfreeze'>(
  session: Session,
  { all, catalog, ...options }: StopLineOptions,
  service: string | undefined,
  name: Name,
): Promise<{ payload: MessagePayloads[Name]; places: CatalogPlace[] }> {
  const by = await currentPerson(options.by, session.environment);
  const scope: StopScope = service === undefined ? 'everything' : 'service';
  const { reason, until } = options;
  const parsed = parseInput(messagePayloads[name], { by, reason, scope, ...(until !== undefined && { until }) });
  const { places, problems } = await everyEnvironment(session, catalog, service);
  const found = [
    ...(all === true ? [] : [{ path: '--all', message: 'must be given: it is about every environment' }]),
    ...('problems' in parsed ? parsed.problems : []),
    ...problems,
    ...notOperatedBy(by, places),
  ];
  if ('input' in parsed && found.length === 0) return { payload: parsed.input, places };
  throw CommandError.badInput(found, [
    `one service: ./slipway ${name} <service> --all`,
    `one environment: ./slipway environment ${name} <service> --environment <name>`,
  ]);
}

async function tell(place: CatalogPlace, send: () => Promise<Sent>): Promise<PlaceResult> {
  try {
    const sent = await send();
    if (sent.delivered === 'signalled')
      return { ...nameOf(place), state: 'left', answer: 'the server keeps it until a worker takes it' };
    return { ...nameOf(place), state: 'done', answer: String(sent.answer) };
  } catch (error) {
    const failure = asCommandError(error);
    if (!(failure instanceof CommandError)) throw error;
    return { ...nameOf(place), state: 'failed', answer: failure.message };
  }
}

async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>) {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += atOnce)
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(work))));
  return results;
}

function showResult({ output }: Session, { service, environment, state, answer }: PlaceResult): void {
  const marks = { done: output.colors.green('✓'), left: output.colors.cyan('…'), failed: output.colors.red('✗') };
  output.line(`${marks[state]} ${cleanLine(`${service} in ${environment}: ${answer}`)}`);
}

/** Says what stands and what does not, with the command that finishes it. */
function conclude({ output }: Session, told: PlaceResult[], command: string): ExitCode {
  const failed = told.filter(({ state }) => state === 'failed');
  output.result({ complete: failed.length === 0, environments: told, finish: failed.length === 0 ? null : command });
  if (failed.length === 0) {
    output.line(told.length === 1 ? 'in 1 environment' : `in all ${told.length} environments`);
    return exitCodes.ok;
  }
  const names = failed.map(({ service, environment }) => `${service} in ${environment}`).join(', ');
  output.line(cleanLine(`${told.length - failed.length} of ${told.length} environments; not ${names}`));
  output.line(`  finish it, others stay as they are: ${cleanLine(command)}`);
  output.line('  no worker lives? leave it with the server: the same command with --signal');
  return exitCodes.failed;
}

function repeatOf(
  name: string,
  { by, reason, until, key, catalog }: StopLineOptions,
  service: string | undefined,
): string {
  const given = Object.entries({ by, reason, until, key, catalog }).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag} ${shellWord(value)}`],
  );
  return ['./slipway', name, ...(service === undefined ? [] : [shellWord(service)]), '--all', ...given].join(' ');
}

function nameOf({ service, environment }: CatalogPlace): EnvironmentName {
  return { service, environment };
}
