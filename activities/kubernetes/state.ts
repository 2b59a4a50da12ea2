import { digestOrEmpty } from '../../contract/artifact.ts';
import type { LiveState, ServingRevision, Snapshot } from '../../contract/live.ts';
import type { KnownRevision } from '../ports/target.ts';
import {
  isReady,
  listPods,
  listRevisions,
  ownPods,
  revisionOfPod,
  templateRevision,
  type PodObject,
  type Revision,
} from './revisions.ts';
import { findWorkload, type ReadContext } from './session.ts';
import { commitOf, describeWorkload, imageOf, stateKey, type WorkloadObject } from './workload.ts';

/** A state with the objects that it was read from. */
export interface ObservedWorkload {
  live: LiveState;
  workload: WorkloadObject | undefined;
  revisions: Revision[];
  pods: PodObject[];
  /** The revision of the present template; undefined until the controller has seen it. */
  template: Revision | undefined;
}

/** Reads what a workload serves: which revisions have ready pods, and what its template is. */
export async function readState(context: ReadContext): Promise<ObservedWorkload> {
  const { target } = context;
  const workload = await findWorkload(context);
  if (!workload) return { live: nothing(target.url), workload, revisions: [], pods: [], template: undefined };
  const [revisions, found] = await Promise.all([listRevisions(context, workload), listPods(context, workload)]);
  const pods = ownPods(found, workload, revisions);
  const template = templateRevision(workload, revisions);
  const live: LiveState = {
    exists: true,
    url: target.url,
    serving: servingOf(context, workload, revisions, pods),
    traffic: [{ revision: null, percent: 100, tag: null }],
    template: { revision: template?.name ?? '', digest: digestOrEmpty(imageOf(workload.spec.template, target)) },
    job: null,
    key: stateKey(workload),
  };
  return { live, workload, revisions, pods, template };
}

/** Lists the revisions of a workload, the newest first; none where it is not there. */
export async function knownRevisions(context: ReadContext): Promise<KnownRevision[]> {
  const workload = await findWorkload(context);
  const revisions = workload ? await listRevisions(context, workload) : [];
  return revisions.reverse().map(({ name, template }) => {
    const image = imageOf(template, context.target);
    return { revision: name, digest: digestOrEmpty(image), image, commit: commitOf(template) };
  });
}

/** Takes the state to come back to, and says why a restore to it would fail (invariant I5). */
export async function takeSnapshot(context: ReadContext): Promise<Snapshot> {
  const seen = await readState(context);
  const { live, workload } = seen;
  const [only, ...others] = live.serving;
  const good = only && others.length === 0 ? only : null;
  const changing = changingOf(context, seen);
  return {
    takenAt: new Date().toISOString(),
    live,
    good,
    obstacles: workload ? obstaclesOf(context, seen, good) : [],
    ...(changing !== undefined && { changing }),
  };
}

function nothing(url: string): LiveState {
  return { exists: false, url, serving: [], traffic: [], template: null, job: null, key: '' };
}

/** Shares by ready pods, largest first; while nothing rolls out it is one revision with all of it. */
function servingOf(
  { target }: ReadContext,
  workload: WorkloadObject,
  revisions: readonly Revision[],
  pods: readonly PodObject[],
): ServingRevision[] {
  const ready = pods.filter(isReady).map((pod) => revisionOfPod(pod, workload));
  const names = [...new Set(ready)].filter((name) => name !== '');
  const counts = names.map((name) => ({ name, count: ready.filter((one) => one === name).length }));
  return counts
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .map(({ name, count }) => {
      const revision = revisions.find((one) => one.name === name);
      const image = imageOf(revision?.template, target);
      const percent = Math.round((100 * count) / ready.length);
      return { revision: name, digest: digestOrEmpty(image), image, commit: commitOf(revision?.template), percent };
    });
}

/** Says what is still going on, so that this state will not last; undefined if it is at rest. */
export function changingOf(
  { target }: Pick<ReadContext, 'target'>,
  { workload, live, template }: ObservedWorkload,
): string | undefined {
  if (!workload) return undefined;
  const what = describeWorkload(target);
  if (!template) return `the controller of ${what} has not seen its last change yet`;
  const isMixed = live.serving.some(({ revision }) => revision !== template.name);
  return isMixed ? `${what} is being rolled out to ${template.name}` : undefined;
}

function obstaclesOf(
  { target }: ReadContext,
  { workload, revisions, live }: ObservedWorkload,
  good: ServingRevision | null,
): string[] {
  const what = describeWorkload(target);
  const problems: string[] = [];
  if (workload?.spec.revisionHistoryLimit === 0)
    problems.push(`${what} keeps no old revisions (revisionHistoryLimit: 0): there would be none to go back to`);
  if (live.serving.length > 1) problems.push(`${what} serves ${live.serving.length} revisions at once`);
  if (good && !revisions.some(({ name }) => name === good.revision))
    problems.push(`${what}: the revision ${good.revision} that serves is not in its history`);
  if (good && good.digest === '')
    problems.push(`${what}: ${good.revision} has a mutable image tag, so going back to it may run something else`);
  return problems;
}
