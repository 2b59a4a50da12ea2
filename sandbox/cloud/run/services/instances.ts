import { freePort } from '../../store/ports.ts';
import type { RunParts } from '../resources/collections.ts';
import { shortName } from '../resources/names.ts';
import { cloudRunMisbehaviour, misbehaviourVariable } from '../../../misbehaviour/files.ts';
import type { ContainerProcess } from '../../../containers/process.ts';
import { servingContainer } from '../resources/defaults.ts';
import type { Revision } from '../resources/resources.ts';
import { resolveImage } from '../containers/pinned-images.ts';
import { ContainerStartError, exitText, requireReadableImage, runContainer } from '../containers/run-container.ts';
import { probeFailureText, startFailureText, startupProbe } from '../containers/probe.ts';
import type { ContainerLog } from '../containers/container-log.ts';
import { revisionLog } from '../containers/container-log.ts';
import { passesStartupProbe } from '../../../containers/startup-probe.ts';

/** The reason why a revision cannot serve, in the platform's words. */
export interface StartFailure {
  reason: ContainerStartError['reason'] | 'HEALTH_CHECK_CONTAINER_ERROR';
  message: string;
}

export type StartOutcome = { port: number } | StartFailure;

/** Runs one process for each wanted revision, and restarts it when it dies. */
export interface Instances {
  /** Starts the revision's instance unless it runs; answers when the start-up probe has passed or failed. */
  ensure(revision: Revision): Promise<StartOutcome>;
  /** Sets which revisions of a service run from now on. The others stop after a little (scale to zero). */
  keep(service: string, revisions: Set<string>): void;
  /** Lists the instances that have passed their start-up probe, by their full names. */
  listening(): { service: string; revision: string; port: number }[];
  stopAll(): Promise<void>;
}

interface Instance {
  revision: string;
  service: string;
  /** Its port, once it listens. */
  port: number | null;
  started: Promise<StartOutcome>;
  stop(): Promise<void>;
}

const idleMs = 2000;
const firstBackoffMs = 200;
const maxBackoffMs = 10_000;

export function createInstances(parts: RunParts): Instances {
  const { state } = parts;
  const running = new Map<string, Instance>();
  const wanted = new Map<string, Set<string>>();
  const idle = new Map<string, NodeJS.Timeout>();
  const crashes = new Map<string, number>();
  let ending = false;

  const isKept = (instance: Instance): boolean => wanted.get(instance.service)?.has(instance.revision) ?? false;

  const launch = (revision: Revision): Instance => {
    const began = Date.now();
    const instance: Instance = startInstance(parts, revision, () => {
      if (running.get(revision.name) !== instance) return;
      running.delete(revision.name);
      if (Date.now() - began > maxBackoffMs) crashes.delete(revision.name);
      if (!ending && isKept(instance)) restartLater(revision.name);
    });
    running.set(revision.name, instance);
    return instance;
  };

  const restartLater = (name: string): void => {
    const count = crashes.get(name) ?? 0;
    crashes.set(name, count + 1);
    const wait = Math.min(firstBackoffMs * 2 ** count, maxBackoffMs);
    setTimeout(() => {
      const revision = state.revisions.get(name);
      if (!ending && revision && wanted.get(revision.service)?.has(name) && !running.has(name)) launch(revision);
    }, wait).unref();
  };

  const retire = (instance: Instance): void => {
    clearTimeout(idle.get(instance.revision));
    const timer = setTimeout(() => {
      idle.delete(instance.revision);
      if (!isKept(instance)) void instance.stop();
    }, idleMs);
    idle.set(instance.revision, timer.unref());
  };

  return {
    ensure: async (revision) => await (running.get(revision.name) ?? launch(revision)).started,
    keep: (service, revisions) => {
      wanted.set(service, revisions);
      for (const instance of running.values())
        if (instance.service === service && !revisions.has(instance.revision)) retire(instance);
      for (const name of revisions) {
        const revision = state.revisions.get(name);
        if (revision && !running.has(name)) launch(revision);
      }
    },
    listening: () =>
      [...running.values()].flatMap(({ service, revision, port }) =>
        port === null ? [] : [{ service, revision, port }],
      ),
    stopAll: async () => {
      ending = true;
      await Promise.all([...running.values()].map((instance) => instance.stop()));
    },
  };
}

function startInstance(parts: RunParts, revision: Revision, onGone: () => void): Instance {
  const log = revisionLog(parts.cloud, revision.service, revision.name);
  let container: ContainerProcess | undefined;
  let stopping = false;
  const start = async (): Promise<StartOutcome> => {
    const port = await freePort();
    const gone = new AbortController();
    container = launchContainer(parts, revision, port, log);
    void container.exited.then((exit) => {
      gone.abort();
      if (!stopping) log.system('WARNING', exitText(exit));
      onGone();
    });
    const spec = servingContainer(revision);
    const probe = spec?.startupProbe;
    if (probe && !(await passesStartupProbe(startupProbe(probe), port, gone.signal))) {
      // A container that has ended itself has said so by now.
      const hasEnded = gone.signal.aborted;
      await stopContainer();
      log.system('ERROR', probeFailureText(revision, spec, probe, hasEnded));
      return { reason: 'HEALTH_CHECK_CONTAINER_ERROR', message: startFailureText(spec, probe) };
    }
    instance.port = port;
    return { port };
  };
  const stopContainer = async (): Promise<void> => {
    stopping = true;
    await container?.stop();
  };
  const instance: Instance = {
    ...{ revision: revision.name, service: revision.service, port: null, stop: stopContainer },
    started: start().catch((error: unknown): StartFailure => {
      onGone();
      if (error instanceof ContainerStartError) return { reason: error.reason, message: error.message };
      throw error;
    }),
  };
  return instance;
}

function launchContainer(parts: RunParts, revision: Revision, port: number, log: ContainerLog): ContainerProcess {
  // Sidecars stay in the template: the sandbox starts the container that serves, and no other.
  const container = servingContainer(revision);
  if (!container) throw new Error(`revision ${revision.name} has no container`);
  const image = resolveImage(parts, revision.name, container.image);
  requireReadableImage(parts.cloud, container.image);
  if (!image) throw new ContainerStartError('CONTAINER_MISSING', `Image '${container.image}' not found.`);
  const service = shortName(revision.service);
  const platformEnv = {
    PORT: String(port),
    K_SERVICE: service,
    K_REVISION: shortName(revision.name),
    K_CONFIGURATION: service,
    [misbehaviourVariable]: cloudRunMisbehaviour(parts.cloud.dir, service),
  };
  return runContainer(parts, { container, image, platformEnv, serviceAccount: revision.serviceAccount, log });
}
