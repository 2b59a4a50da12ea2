import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import proto from '@temporalio/proto';
import { patchProtobufRoot } from '@temporalio/proto/lib/patch-protobuf-root.js';
import { fromProto3JSON } from 'proto3-json-serializer';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { temporalCli } from '../../sandbox/servers/temporal.ts';

type History = proto.temporal.api.history.v1.IHistory;

const folder = path.join(import.meta.dirname, 'histories');
const largestBytes = 16 * 1024 * 1024;

/** The generated module does not say in its types that it is a protobuf root, too. */
type HistoryType = Parameters<typeof fromProto3JSON>[0];
const historyType = (patchProtobufRoot(proto as never) as { lookupType(name: string): HistoryType }).lookupType(
  'temporal.api.history.v1.History',
);

/** Names of the recorded histories. */
export async function recordedNames(): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * One recorded history. The SDK's own reader of JSON takes types of its own copy of protobufjs only, and an
 * installation may have several.
 */
export async function readHistory(name: string): Promise<History> {
  const { History } = proto.temporal.api.history.v1;
  const message = fromProto3JSON(
    historyType,
    JSON.parse(await readFile(path.join(folder, `${name}.json`), 'utf8')) as never,
  );
  return History.decode(History.encode(message as unknown as History).finish());
}

/**
 * Records the history of a run under a new name, as `temporal workflow show --output json` says it. Never overwrites:
 * a history that was recorded is a promise to the runs that have it.
 */
export async function recordHistory(
  place: { address: string; namespace: string },
  workflowId: string,
  name: string,
  runId?: string,
): Promise<void> {
  if (!/^[a-z0-9-]{1,60}$/.test(name))
    throw new Error(`${name} is no name for a history: lower-case letters, digits and dashes`);
  const cli = await obtain(temporalCli, () => undefined);
  const show = [
    'workflow',
    'show',
    '--workflow-id',
    workflowId,
    ...(runId === undefined ? [] : ['--run-id', runId]),
    '--address',
    place.address,
    '--namespace',
    place.namespace,
    '--output',
    'json',
  ];
  const { stdout } = await promisify(execFile)(cli, show, { maxBuffer: largestBytes });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${name}.json`), `${withoutPaths(JSON.stringify(JSON.parse(stdout)))}\n`, {
    flag: 'wx',
  });
}

/** Stack traces name files; where this checkout lies, and where its modules are installed, is nobody's business. */
function withoutPaths(text: string): string {
  const checkout = path.join(import.meta.dirname, '..', '..');
  const installed = path.dirname(realpathSync(path.join(checkout, 'node_modules')));
  return text.replaceAll(`${checkout}/`, '').replaceAll(`${installed}/`, '');
}
