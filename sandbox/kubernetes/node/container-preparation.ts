import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { misbehaviourVariable } from '../../misbehaviour/files.ts';
import { annotation } from './annotations.ts';
import { backOff, pause } from './back-off.ts';
import { ConfigError, configReader } from './config-reader.ts';
import { expand, resolveEnvironment } from './environment.ts';
import type { NodeImage } from './images.ts';
import type { NodeContext } from './node-context.ts';
import { mountedPaths } from './volumes.ts';
import type { VolumeFolders } from './volumes.ts';

/** A container that can be started. */
export interface PreparedContainer {
  image: NodeImage;
  command: string[];
  args: string[];
  env: Record<string, string>;
  workingDir: string;
  /** Turns paths below a mount into real ones. */
  real(text: string): string;
}

export interface PreparationOptions {
  context: NodeContext;
  pod: V1Pod;
  spec: V1Container;
  address: string;
  volumes: VolumeFolders;
  stop: AbortSignal;
  /** Takes the reason why the container does not start yet. */
  waiting(reason: string, message?: string): void;
}

/** Pulls the image until it is there; undefined when stopped before. */
export async function pullImage(options: PreparationOptions): Promise<NodeImage | undefined> {
  const { context, pod, stop, waiting } = options;
  const reference = options.spec.image ?? '';
  const pulls = backOff(context.tempo, stop, { firstIsFree: false });
  while (!stop.aborted) {
    const found = pull(options, reference);
    if (typeof found !== 'string') return found;
    context.events.record(pod, 'Warning', 'Failed', `Failed to pull image "${reference}": ${found}`);
    waiting('ErrImagePull', found);
    // Platform: the next look of the kubelet finds the image in back-off.
    const ms = pulls.next(0);
    if (!(await pulls.wait(Math.min(ms / 2, 1000)))) return undefined;
    context.events.record(pod, 'Normal', 'BackOff', `Back-off pulling image "${reference}"`);
    waiting('ImagePullBackOff', `Back-off pulling image "${reference}": ErrImagePull: ${found}`);
    await pulls.wait(ms);
  }
  return undefined;
}

/** Resolves an image once; answers the registry's message where it cannot. */
function pull({ context, pod }: PreparationOptions, reference: string): NodeImage | string {
  const scripted = annotation(pod, 'pullError');
  if (scripted !== undefined) return scripted;
  try {
    const image = context.images.resolve(reference);
    if (image) return image;
  } catch (error) {
    return `failed to resolve reference "${reference}": ${(error as Error).message}`;
  }
  return `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": not found`;
}

/** Resolves variables and arguments until all references are there; undefined when stopped before. */
export async function configure(options: PreparationOptions, image: NodeImage): Promise<PreparedContainer | undefined> {
  const { context, pod, stop, waiting } = options;
  while (!stop.aborted) {
    try {
      return await configureOnce(options, image);
    } catch (error) {
      const { message } = error as Error;
      const text = error instanceof ConfigError ? message : `failed to sync secret and configmap cache: ${message}`;
      context.events.record(pod, 'Warning', 'Failed', `Error: ${text}`);
      waiting('CreateContainerConfigError', text);
      await pause(context.tempo.lookAgainMs, stop);
    }
  }
  return undefined;
}

async function configureOnce(options: PreparationOptions, image: NodeImage): Promise<PreparedContainer> {
  const { context, pod, spec, address, volumes } = options;
  const namespace = pod.metadata?.namespace ?? '';
  const services = pod.spec?.enableServiceLinks === false ? {} : context.serviceVariables(namespace);
  const sandbox = { [misbehaviourVariable]: context.misbehaviour(namespace) };
  const facts = { pod, podIP: address, nodeName: context.name, services: { ...services, ...sandbox } };
  const variables = await resolveEnvironment(spec, facts, configReader(context.core, namespace));
  const real = mountedPaths(spec, volumes);
  const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, real(value)]));
  const word = (text: string): string => real(expand(text, variables));
  return {
    image,
    command: (spec.command ?? []).map(word),
    args: (spec.args ?? []).map(word),
    env,
    workingDir: real(spec.workingDir ?? ''),
    real,
  };
}
