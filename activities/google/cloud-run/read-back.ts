import type { ReadBack } from '../../../contract/live.ts';
import { shortDigest } from '../../../contract/artifact.ts';
import type { ReadBackRequest } from '../../ports/target.ts';
import { imageOf } from './container.ts';
import { describeCondition, hasSucceeded, isSettled, type Service } from './resources.ts';
import type { ReadContext } from './session.ts';
import { readState, type ObservedService } from './state.ts';

/**
 * Compares what serves with what should (invariants I2 and I7). A mutable tag proves nothing, so it is inconclusive.
 */
export async function readBackState(context: ReadContext, request: ReadBackRequest): Promise<ReadBack> {
  const seen = await readState(context);
  return { live: seen.live, problems: problemsOf(context, seen, request) };
}

export function problemsOf(
  { target }: ReadContext,
  { live, service, revisions }: ObservedService,
  { artifact, revision, withJob }: Omit<ReadBackRequest, 'withDrift'>,
): string[] {
  if (!service) return [`service ${target.service} does not exist`];
  const problems = readiness(service);
  if (live.serving.length === 0) problems.push('no revision serves');
  for (const { revision: name, digest, percent } of live.serving) {
    const image = imageOf(revisions.get(name), target) || 'unknown';
    if (digest === '') problems.push(`inconclusive: revision ${name} has image ${image}, a mutable tag`);
    else if (digest !== artifact.digest)
      problems.push(
        `revision ${name} serves ${percent} % with image ${shortDigest(digest)}, not ${shortDigest(artifact.digest)}`,
      );
    if (revision !== null && name !== revision) problems.push(`revision ${name} serves ${percent} %, not ${revision}`);
  }
  const [first] = live.serving;
  if (live.template && live.template.digest === '')
    problems.push(`inconclusive: the service's template has image ${imageOf(service.template, target)}, a mutable tag`);
  else if (first && live.template && live.template.digest !== first.digest)
    problems.push(
      `the service's template has image ${shortDigest(live.template.digest)}, ` +
        `but ${shortDigest(first.digest) || 'another'} serves: the next change of a setting would release the template`,
    );
  return withJob ? [...problems, ...jobProblems(target.migrationJob ?? '', { live }, artifact.digest)] : problems;
}

function jobProblems(name: string, { live }: Pick<ObservedService, 'live'>, digest: string): string[] {
  if (!live.job) return [`migration job ${name} does not exist`];
  if (live.job.digest === '') return [`inconclusive: migration job ${name} has image ${live.job.image}, a mutable tag`];
  const served = live.serving[0]?.digest ?? digest;
  return live.job.digest === served
    ? []
    : [`migration job ${name} has image ${shortDigest(live.job.digest)}, ${shortDigest(served) || 'another'} serves`];
}

function readiness(service: Service): string[] {
  if (!isSettled(service)) return ['the service is being changed right now'];
  return hasSucceeded(service.terminalCondition)
    ? []
    : [`the service is not ready: ${describeCondition(service.terminalCondition)}`];
}
