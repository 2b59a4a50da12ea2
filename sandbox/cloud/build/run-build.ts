import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { attestBuild } from '../analysis/occurrences.ts';
import type { Cloud } from '../core/cloud.ts';
import { SnapshotError } from '../registry/snapshot.ts';
import { parseReference } from '../registry/reference.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { buildLog } from './build-log.ts';
import type { BuildLog } from './build-log.ts';
import { now } from './build-store.ts';
import type { Build, BuildStep, BuiltImage, FailureType, TimeSpan, Timestamp } from './build-store.ts';
import { fetchSource, SourceError } from './fetch-source.ts';
import { runStep } from './steps.ts';
import type { StepContext } from './steps.ts';

/** Results of a build that ended by itself. */
export interface BuildOutcome {
  status: 'SUCCESS' | 'FAILURE';
  statusDetail: string;
  failure: FailureType | undefined;
}

export interface RunContext {
  cloud: Cloud;
  objects: ObjectStore;
  location: string;
  signal: AbortSignal;
  /** Records a change of the build as it goes on. */
  save: (change: Partial<Build>) => Build;
}

class StepFailure extends Error {
  override readonly name = 'StepFailure';
}
class PushFailure extends Error {
  override readonly name = 'PushFailure';
}

/** Fetches, builds and pushes. Throws only what is a fault of the emulator itself. */
export async function runBuild(build: Build, context: RunContext): Promise<BuildOutcome> {
  const { cloud } = context;
  const log = buildLog(cloud, build);
  const folder = join(cloud.dir, 'builds', build.id);
  const began = Date.now();
  try {
    log(`starting build "${build.id}"`);
    await work(build, folder, log, context);
    // The platform's own overhead; the work above counts towards it.
    await sleep(Math.max(0, cloud.tempo.buildMs - (Date.now() - began)), undefined, { signal: context.signal }).catch(
      () => undefined,
    );
    log('DONE');
    return { status: 'SUCCESS', statusDetail: '', failure: undefined };
  } catch (error) {
    const failure = failureType(error);
    if (failure === undefined) throw error;
    const { message } = error as Error;
    log(`ERROR: ${message}`, undefined, 'ERROR');
    return { status: 'FAILURE', statusDetail: message, failure };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failureType(error: unknown): FailureType | undefined {
  if (error instanceof SourceError) return 'FETCH_SOURCE_FAILED';
  if (error instanceof StepFailure) return 'USER_BUILD_STEP';
  if (error instanceof PushFailure) return 'PUSH_IMAGE_NOT_FOUND';
  return error instanceof SnapshotError ? 'USER_BUILD_STEP' : undefined;
}

async function work(build: Build, folder: string, log: BuildLog, context: RunContext): Promise<void> {
  // A build that is taken up after a restart begins again with a clean workspace.
  await rm(folder, { recursive: true, force: true });
  const timing: Record<string, TimeSpan> = {};
  const fetching = now();
  log('FETCHSOURCE');
  const source = await fetchSource(build, {
    folder,
    objects: context.objects,
    say: (line) => log(line),
    signal: context.signal,
  });
  timing['FETCHSOURCE'] = spanFrom(fetching);
  context.save({ sourceProvenance: source.provenance, timing });
  const building = now();
  log('BUILD');
  const built = new Map<string, string>();
  const pushed = new Set<string>();
  await runSteps(build, log, context, {
    build,
    built,
    pushed,
    folder,
    workspace: source.workspace,
    location: context.location,
    httpPort: context.cloud.httpPort,
    signal: context.signal,
  });
  timing['BUILD'] = spanFrom(building);
  const pushing = now();
  log('PUSH');
  const images = await push(build, built, pushed, log, context.cloud);
  timing['PUSH'] = spanFrom(pushing);
  const results = { images, buildStepImages: build.steps.map(() => '') };
  attestBuild(context.cloud, context.save({ results, timing }), images);
}

async function runSteps(
  build: Build,
  log: BuildLog,
  context: RunContext,
  base: Omit<StepContext, 'say'>,
): Promise<void> {
  const steps: BuildStep[] = build.steps.map((step) => ({ ...step, status: 'QUEUED' }));
  for (const [index, step] of steps.entries()) {
    const name = step.id === '' ? `Step #${index}` : `Step #${index} - "${step.id}"`;
    const startTime = now();
    steps[index] = { ...step, status: 'WORKING', timing: { startTime, endTime: null } };
    context.save({ steps: [...steps] });
    log(`Starting ${name}`);
    const exitCode = await runStep(step, { ...base, say: (line) => log(line, name) });
    const isAllowed = exitCode === 0 || step.allowFailure || step.allowExitCodes.includes(exitCode);
    steps[index] = { ...step, status: exitCode === 0 ? 'SUCCESS' : 'FAILURE', exitCode, timing: spanFrom(startTime) };
    context.save({ steps: [...steps] });
    context.signal.throwIfAborted();
    if (!isAllowed)
      throw new StepFailure(`build step ${index} "${step.name}" failed: step exited with non-zero status: ${exitCode}`);
    log(`Finished ${name}`);
  }
}

/** Points each reference of `images` at its snapshot; each image must have come from a step. */
async function push(
  build: Build,
  built: Map<string, string>,
  pushed: Set<string>,
  log: BuildLog,
  cloud: Cloud,
): Promise<BuiltImage[]> {
  const images: BuiltImage[] = [];
  for (const reference of new Set([...pushed, ...build.images])) {
    const folder = built.get(reference) ?? builtUnder(built, reference);
    if (folder === undefined)
      throw new PushFailure(
        `failed to push "${reference}": An image does not exist locally with the tag: ${reference}`,
      );
    const startTime = now();
    log(`Pushing ${reference}`);
    const { digest } = await cloud.images.add(reference, folder);
    log(`digest: ${digest}`);
    const artifactRegistryPackage = parseReference(reference)?.packageName ?? '';
    if (build.images.includes(reference))
      images.push({ name: reference, digest, pushTiming: spanFrom(startTime), artifactRegistryPackage });
  }
  return images;
}

/**
 * Finds the folder of an image that a step built under another tag. The platform does less: it wants each tag built or
 * tagged.
 */
function builtUnder(built: Map<string, string>, reference: string): string | undefined {
  const packageName = parseReference(reference)?.packageName;
  const folders = [...built]
    .filter(([name]) => parseReference(name)?.packageName === packageName)
    .map(([, folder]) => folder);
  return new Set(folders).size === 1 ? folders[0] : undefined;
}

function spanFrom(startTime: Timestamp): TimeSpan {
  return { startTime, endTime: now() };
}
