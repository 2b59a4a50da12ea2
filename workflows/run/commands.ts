import { workflowInfo } from '@temporalio/workflow';
import type { Freeze } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { shellWord, slipwayLine } from '../../contract/shell-word.ts';
import { signatureNamespace } from '../../contract/statement.ts';

/** Where this run is reached, for commands that people paste. */
export interface TemporalEndpoint {
  address: string;
  namespace: string;
}

/** An environment, the people who operate it, and where its run is reached. */
export interface OperatedPlace {
  service: string;
  environment: string;
  operators: readonly string[];
  endpoint: TemporalEndpoint;
}

const defaultAddresses = ['127.0.0.1:7233', 'localhost:7233', ''];

/** A command that sends a message to a run with the Temporal CLI. */
export function temporalSignal(
  endpoint: TemporalEndpoint,
  name: string,
  payload: Record<string, unknown>,
  workflowId = workflowInfo().workflowId,
): string {
  return (
    `temporal workflow signal ${endpointFlags(endpoint)}--workflow-id ` +
    `${shellWord(workflowId)} --name ${name} --input ${shellWord(JSON.stringify(payload))}`
  );
}

/**
 * The same with a signature: OpenSSH signs the statement as it stands there, and the armour's line breaks are left
 * away, since JSON has none.
 */
export function signedSignal(
  endpoint: TemporalEndpoint,
  name: string,
  payload: Record<string, unknown>,
  statement: string,
  workflowId = workflowInfo().workflowId,
): string {
  const lines = statement.trimEnd().split('\n').map(shellWord);
  const sign =
    `printf '%s\\n' ${lines.join(' ')} | ssh-keygen -Y sign -n ${signatureNamespace} -f ` +
    `~/.ssh/id_ed25519 | grep -v SIGNATURE | tr -d '\\n'`;
  // The shell puts the signature into the JSON, between two pieces that it takes literally.
  const signed = { ...payload, signature: signatureMark };
  const [before = '', after = ''] = temporalSignal(endpoint, name, signed, workflowId).split(signatureMark);
  return `signature=$(${sign}) && ${before}'"$signature"'${after}`;
}

const signatureMark = '__SIGNATURE__';

/** The same with Slipway's own command line. */
export function slipwayCommand(
  command: string,
  flags: Record<string, string>,
  workflowId = workflowInfo().workflowId,
): string {
  const words = Object.entries(flags).map(([flag, value]) => `--${flag} ${shellWord(value)}`);
  return slipwayLine(command, workflowId, words);
}

/** The same commands for people to read: ours first, and behind them those of the Temporal CLI, which are longer. */
export function oursFirst(commands: readonly string[]): string[] {
  const isOurs = (command: string) => command.startsWith('./slipway ');
  return [...commands.filter(isOurs), ...commands.filter((command) => !isOurs(command))];
}

/** The commands that end a freeze, by whoever has begun it where they may; a stop of the line ends as a whole. */
export function unfreezeCommands(
  { service, environment, operators, endpoint }: OperatedPlace,
  freeze: Pick<Freeze, 'by' | 'scope'>,
): string[] {
  const by = operators.includes(freeze.by) ? freeze.by : (operators[0] ?? '');
  const reason = 'the freeze is over';
  const { scope } = freeze;
  const words = `--by ${shellWord(by)} --reason ${shellWord(reason)}`;
  const whole = `./slipway unfreeze ${scope === 'service' ? `${shellWord(service)} ` : ''}--all ${words}`;
  const payload = { by, reason, ...(scope && { scope }) };
  return [
    temporalSignal(endpoint, 'unfreeze', payload, environmentWorkflowId(service, environment)),
    scope ? whole : slipwayCommand('environment unfreeze', { environment, by, reason }, service),
  ];
}

function endpointFlags({ address, namespace }: TemporalEndpoint): string {
  const flags = [];
  if (!defaultAddresses.includes(address)) flags.push(`--address ${shellWord(address)}`);
  if (namespace !== 'default' && namespace !== '') flags.push(`--namespace ${shellWord(namespace)}`);
  return flags.length === 0 ? '' : `${flags.join(' ')} `;
}
