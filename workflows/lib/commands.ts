import { workflowInfo } from '@temporalio/workflow';

/** Where this run is reached, for commands that people paste. */
export interface Reach {
  address: string;
  namespace: string;
}

const defaultAddresses = ['127.0.0.1:7233', 'localhost:7233', ''];

/** A command that sends a message to a run with the Temporal CLI. */
export function temporalSignal(reach: Reach, name: string, payload: Record<string, unknown>, workflowId = workflowInfo().workflowId): string {
  return `temporal workflow signal ${reachFlags(reach)}--workflow-id ${shellWord(workflowId)} --name ${name} --input ${shellWord(JSON.stringify(payload))}`;
}

/** The same with Slipway's own command line. */
export function slipwayCommand(command: string, flags: Record<string, string>, workflowId = workflowInfo().workflowId): string {
  const words = Object.entries(flags).map(([flag, value]) => `--${flag} ${shellWord(value)}`);
  return ['./slipway', command, shellWord(workflowId), ...words].join(' ');
}

/** A word as a POSIX shell takes it literally. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function reachFlags({ address, namespace }: Reach): string {
  const flags = [];
  if (!defaultAddresses.includes(address)) flags.push(`--address ${shellWord(address)}`);
  if (namespace !== 'default' && namespace !== '') flags.push(`--namespace ${shellWord(namespace)}`);
  return flags.length === 0 ? '' : `${flags.join(' ')} `;
}
