import { stopWorkflowId } from '../../contract/ids.ts';
import type { PlannedStop, ReleasePlan, Train } from '../../contract/release.ts';
import { releaseSteps } from '../change/roll-out.ts';
import { checklistOf } from './checklist.ts';
import type { RunRecord } from '../run/record.ts';
import { stopStep } from './stop-reports.ts';

/** Steps of a stop before those that its own plan lists. */
const stepsBefore = ['preflight', 'plan'];

/**
 * The way of a release: the commit to the first environment, from there the same digest to the next (runbook 004,
 * deployment procedure).
 */
export function planTrain(train: Train, release: { change: string; commit: string; workflowId: string }): ReleasePlan {
  const { change, commit, workflowId } = release;
  const { stops } = train;
  return {
    change,
    kind: 'release',
    service: stops[0]?.service ?? '',
    commit,
    checklist: checklistOf(train),
    stops: stops.map(({ environment, settings, hash }, index): PlannedStop => {
      const from = stops[index - 1]?.environment ?? null;
      return {
        environment,
        kind: from === null ? 'deploy' : 'promote',
        from,
        workflowId: stopWorkflowId(workflowId, environment),
        approvals: settings.approvals.required,
        steps: [...stepsBefore, ...releaseSteps(settings)],
        catalog: hash,
      };
    }),
  };
}

/** Every line of the way, as something still to come. */
export function showTrain(record: RunRecord, { checklist, stops }: ReleasePlan): void {
  record.status.stops = stops.map(({ environment, kind, workflowId }) => ({
    environment,
    kind,
    workflowId,
    state: 'pending',
    change: '',
  }));
  for (const name of [...checklist, 'build']) record.step(name);
  for (const { environment, steps } of stops) for (const name of steps) record.step(stopStep(environment, name));
  record.step('same digest');
}
