import { readSandbox, type SandboxDescription } from '../../sandbox/description.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';

/** Says that a sandbox that a command keeps up is gone. */
export const sandboxHasEnded = 'the sandbox has ended: somebody called ./slipway sandbox down, or it failed';

/** Finds the live sandbox that a command means. Throws a CommandError when none is up. */
export async function runningSandbox({
  dir,
  environment,
}: Pick<Session, 'dir' | 'environment'>): Promise<SandboxDescription> {
  const folder = dir ?? environment['SLIPWAY_SANDBOX_DIR'];
  const sandbox = await readSandbox(folder);
  if (sandbox) return sandbox;
  const where = folder === undefined ? 'of this folder' : `in ${folder}`;
  throw CommandError.notFound(`no sandbox ${where} is up`, [
    `./slipway sandbox up --detach${folder === undefined ? '' : ` --dir ${folder}`}`,
  ]);
}

interface ControlRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below `/sandbox/`: controls of the emulator that the platform does not have. */
  path: 'faults' | 'permissions' | 'tune' | 'quotas' | 'world' | 'health';
  body?: object;
}

/** Sends a control request to the sandbox's cloud and answers its JSON. Throws a CommandError. */
export async function controlCloud(
  session: Pick<Session, 'dir' | 'environment'>,
  { method, path, body }: ControlRequest,
): Promise<unknown> {
  return askCloud(await cloudOf(session), { method, path: `/sandbox/${path}`, body });
}

/** The cloud of a sandbox: where it listens, and its project. */
type Cloud = NonNullable<SandboxDescription['cloud']>;

/** Finds the cloud of the live sandbox that a command means. Throws a CommandError when it is not up. */
export async function cloudOf(session: Pick<Session, 'dir' | 'environment'>): Promise<Cloud> {
  const { cloud } = await runningSandbox(session);
  if (!cloud) throw CommandError.notFound('the cloud of this sandbox is not up', ['./slipway sandbox status']);
  return cloud;
}

/** Sends a request to the sandbox's cloud over HTTP and answers its JSON. Throws a CommandError. */
export async function askCloud(
  cloud: Pick<Cloud, 'http'>,
  { method, path, body }: { method: string; path: string; body?: object | undefined },
): Promise<unknown> {
  const response = await fetch(new URL(path, cloud.http), {
    method,
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch((error: unknown) => {
    throw CommandError.unreachable(
      `the sandbox's cloud at ${cloud.http} does not answer: ${error instanceof Error ? error.message : String(error)}`,
      ['./slipway sandbox status'],
    );
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw CommandError.badInput([{ path: '', message: errorIn(answer) ?? `HTTP ${response.status}` }]);
  return answer;
}

function errorIn(answer: unknown): string | undefined {
  const error = typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined;
}
