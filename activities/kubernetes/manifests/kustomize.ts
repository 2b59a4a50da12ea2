import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa, ExecaError } from 'execa';
import { stringify } from 'yaml';
import { finalFailure } from '../../failure.ts';
import { oneLine } from '../../one-line.ts';

const timeoutMs = 60_000;
/** More than what an API server could keep of one environment. */
const maxBytes = 16 * 1024 * 1024;

export interface Build {
  /** The checked out commit. */
  folder: string;
  /** Path of the overlay in it. */
  overlay: string;
  image: { name: string; newName: string; digest: string };
  signal?: AbortSignal | undefined;
  kubectl?: string | undefined;
}

/** Renders an overlay by kustomize with one image pinned to a digest; answers YAML. */
export async function buildOverlay({ folder, overlay, image, signal, kubectl }: Build): Promise<string> {
  const root = await realpath(folder);
  const top = await mkdtemp(path.join(await realpath(tmpdir()), 'slipway-overlay-'));
  try {
    // kustomize takes a base by a relative path only.
    const base = path.relative(top, overlayIn(root, overlay));
    const kustomization = { resources: [base], images: [image] };
    await writeFile(path.join(top, 'kustomization.yaml'), stringify(kustomization));
    return await kustomize(kubectl ?? (process.env.SLIPWAY_KUBECTL || 'kubectl'), top, signal);
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    throw kustomizeFailure(error as ExecaError, overlay, [`${path.relative(top, root)}/`, `${root}/`, top]);
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

function overlayIn(root: string, overlay: string): string {
  const found = path.resolve(root, overlay);
  if (found !== root && !found.startsWith(`${root}${path.sep}`))
    throw finalFailure('BadRequest', `overlay ${overlay} is outside of the repository`);
  return found;
}

/** Runs kustomize without the worker's environment: an overlay may name remote bases, and they get no credentials. */
async function kustomize(kubectl: string, folder: string, signal: AbortSignal | undefined): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const { stdout } = await execa(kubectl, ['kustomize', folder], {
    env: { PATH, HOME, GIT_TERMINAL_PROMPT: '0', KUBECONFIG: '/dev/null' },
    extendEnv: false,
    timeout: timeoutMs,
    maxBuffer: maxBytes,
    stdin: 'ignore',
    ...(signal && { cancelSignal: signal }),
  });
  return stdout;
}

/** Says in one line what kustomize refused. What may pass, such as a timeout, stays an ordinary error. */
function kustomizeFailure(
  error: Pick<ExecaError, 'code' | 'exitCode' | 'shortMessage' | 'stderr'>,
  overlay: string,
  paths: string[],
): unknown {
  if (error.code === 'ENOENT')
    return finalFailure('Missing', 'kubectl is not installed on this worker: put it on PATH, or set SLIPWAY_KUBECTL');
  if (error.exitCode === undefined) return new Error(`kustomize of ${overlay}: ${oneLine(error.shortMessage)}`);
  const said = paths.reduce((text, folder) => text.replaceAll(folder, ''), String(error.stderr ?? ''));
  // The text of klog's line, or of kubectl's own.
  const message = /err="((?:[^"\\]|\\.)*)"/.exec(said)?.[1] ?? said.replace(/^error: /m, '');
  // What went wrong is innermost: each base around it repeats the message.
  const innermost = message.slice(Math.max(0, message.lastIndexOf('accumulating resources from ')));
  return finalFailure('BadRequest', `kustomize of ${overlay}: ${oneLine(innermost) || `exit code ${error.exitCode}`}`);
}
