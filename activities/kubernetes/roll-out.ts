import { Context } from '@temporalio/activity';
import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import { finalFailure, isFinal } from '../failure.ts';
import {
  isReady,
  ownedRevisions,
  ownPods,
  revisionKind,
  revisionOfPod,
  selectorOf,
  templateRevision,
} from './revisions.ts';
import { judges } from './rollout/index.ts';
import type { RolloutView } from './rollout/judgement.ts';
import { findWarnings } from './rollout/warnings.ts';
import { followUntil, type Selection } from './rollout/watch.ts';
import { nameOf, type Manifest } from './manifests/manifest.ts';
import { findWorkload, type WriteContext } from './session.ts';
import { deletedFailure, describeWorkload, stateKey, type WorkloadObject } from './workload.ts';

/** As the platform's own progress deadline. Platform: Kubernetes, progressDeadlineSeconds. */
const usualTimeoutSeconds = 600;

/** Answers how long a roll-out may take: as the catalog says, else as usual. */
export function rolloutSeconds({ rolloutTimeoutSeconds }: KubernetesEntry): number {
  return rolloutTimeoutSeconds ?? usualTimeoutSeconds;
}

interface RollOutOptions {
  /** Deletes pods of another revision that keep a StatefulSet from going on; for a restore. */
  freesStuckPods?: boolean;
}

/**
 * Follows the roll-out of the present template to its end; answers the revision that serves. Throws `GateFailed` with
 * pod, reason, counts and what the cluster warns of when it cannot succeed, or does not in time: kubectl would wait for
 * ever.
 */
export async function rollOut(
  write: WriteContext,
  { freesStuckPods = false }: RollOutOptions = {},
): Promise<{ revision: string; key: string }> {
  const { target, caller, signal } = write;
  const workload = await requireWorkload(write);
  const replicasAtStart = workload.spec.replicas ?? 1;
  const seconds = rolloutSeconds(target);
  const beganMs = activityBegan();
  const deadline = AbortSignal.timeout(Math.max(1_000, beganMs + seconds * 1000 - Date.now()));
  const freed = new Set<string>();
  let latest = 'nothing was heard of it';
  let names: string[] = [];
  const look = async (objects: Record<'workload' | 'pods' | 'revisions', Manifest[]>) => {
    const view = viewOf(write, objects, replicasAtStart);
    names = namesIn(view);
    const judgement = judges[target.workload.kind](view);
    if (judgement.state === 'failed') throw finalFailure('GateFailed', judgement.reason);
    if (judgement.state === 'done') return { revision: judgement.revision, key: stateKey(view.workload) };
    latest = judgement.reason;
    write.progress({ rollout: latest });
    if (freesStuckPods) await freeStuckPods(write, view, freed);
    return undefined;
  };
  try {
    const limited = { ...caller, signal: AbortSignal.any([signal, deadline]) };
    return await followUntil(limited, selectionsOf(write, workload), look);
  } catch (error) {
    signal.throwIfAborted();
    const isNo = isFinal(error, 'GateFailed');
    if (!isNo && !deadline.aborted) throw error;
    const late = `${describeWorkload(target)} was not rolled out within ${seconds} s: ${latest}`;
    const warnings = await findWarnings(caller, { namespace: target.namespace, names, sinceMs: beganMs });
    throw finalFailure('GateFailed', [isNo ? error.message : late, ...warnings].join('; '));
  }
}

/** Names the objects whose events say something of the roll-out. */
function namesIn({ workload, revisions, pods }: RolloutView): string[] {
  return [workload.metadata.name, ...revisions.map(({ name }) => name), ...pods.map(({ metadata }) => metadata.name)];
}

/** Answers when the activity was scheduled first: a repeat by another worker goes on with the same time limit. */
function activityBegan(): number {
  try {
    return Context.current().info.scheduledTimestampMs;
  } catch {
    // Outside an activity, as in a test of the adapter.
    return Date.now();
  }
}

async function requireWorkload(write: WriteContext): Promise<WorkloadObject> {
  const workload = await findWorkload(write);
  if (workload) return workload;
  throw deletedFailure(write.target);
}

function viewOf(
  { target }: WriteContext,
  { workload: [found], pods, revisions }: Record<'workload' | 'pods' | 'revisions', Manifest[]>,
  replicasAtStart: number,
): RolloutView {
  if (!found) throw deletedFailure(target);
  const workload = found as WorkloadObject;
  return { workload, pods, revisions: ownedRevisions(revisions, workload), replicasAtStart };
}

function selectionsOf(
  { target }: WriteContext,
  workload: WorkloadObject,
): Record<'workload' | 'pods' | 'revisions', Selection> {
  const {
    namespace,
    workload: { kind, name },
  } = target;
  const labels = selectorOf(workload);
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const history = revisionKind(target.workload);
  return {
    workload: { apiVersion: 'apps/v1', kind, path: `${apps}/${kind.toLowerCase()}s`, name },
    pods: { apiVersion: 'v1', kind: 'Pod', path: `/api/v1/namespaces/${namespace}/pods`, labels },
    revisions: { apiVersion: 'apps/v1', kind: history, path: `${apps}/${history.toLowerCase()}s`, labels },
  };
}

/**
 * Frees a StatefulSet whose controller waits for a pod that will never be ready: it replaces that pod only after it is
 * (kubernetes#67250, #60164). Only pods of this set, of another revision than the template's, and not ready are
 * deleted, each by its uid.
 */
async function freeStuckPods(
  { target, objects, progress }: WriteContext,
  view: RolloutView,
  freed: Set<string>,
): Promise<void> {
  const { workload, pods, revisions } = view;
  const revision = templateRevision(workload, revisions);
  if (target.workload.kind !== 'StatefulSet' || !revision) return;
  for (const pod of ownPods(pods, workload, revisions)) {
    const { uid = '', name } = pod.metadata;
    const isStuck = !isReady(pod) && revisionOfPod(pod, workload) !== revision.name;
    if (!isStuck || freed.has(uid) || pod.metadata['deletionTimestamp'] !== undefined) continue;
    progress({ action: 'delete a pod that blocks the set', pod: name });
    await objects.delete(nameOf({ ...pod, apiVersion: 'v1', kind: 'Pod' }), uid);
    freed.add(uid);
  }
}
