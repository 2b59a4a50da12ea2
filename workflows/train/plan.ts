import { checklistLines } from '../../contract/checklist-lines.ts';
import { stopWorkflowId } from '../../contract/ids.ts';
import type { PlannedStop, ReleasePlan, Train } from '../../contract/release.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { deploySteps } from '../change/step-lists.ts';
import type { RunRecord } from '../run/record.ts';
import { checklistStep, unconfirmedGates } from './checks.ts';
import { stopStep } from './stop-reports.ts';

/** Steps of a stop before those that its own plan lists. */
const stepsBeforePlan = ['preflight', 'plan'];

/**
 * Plans the way of a release: the commit to the first environment, from there the same digest to the next (runbook
 * 004, deployment procedure).
 */
export function planTrain(train: Train, release: { change: string; commit: string; workflowId: string }): ReleasePlan {
  const { change, commit, workflowId } = release;
  const { stops } = train;
  return {
    change,
    kind: 'release',
    service: stops[0]?.service ?? '',
    commit,
    checklist: planChecklist(train),
    ...(train.checklist?.github?.skippable && { skippable: train.checklist.github.skippable }),
    stops: stops.map(({ environment, settings, hash }, index): PlannedStop => {
      const from = stops[index - 1]?.environment ?? null;
      return {
        environment,
        kind: from === null ? 'deploy' : 'promote',
        from,
        workflowId: stopWorkflowId(workflowId, environment),
        approvals: settings.approvals.required,
        steps: [...stepsBeforePlan, ...deploySteps(settings)],
        catalog: hash,
      };
    }),
  };
}

/** Shows every line of the way as something still to come. */
export function showTrain({ status, steps }: RunRecord<ChangeStatus>, { checklist, stops }: ReleasePlan): void {
  status.stops = stops.map(({ environment, kind, workflowId }) => ({
    environment,
    kind,
    workflowId,
    state: 'pending',
    change: '',
  }));
  for (const name of [...checklist, 'build']) steps.get(name);
  for (const stop of stops) for (const name of stop.steps) steps.get(stopStep(stop.environment, name));
  steps.get('same digest');
}

/** Lists the lines of the pre-deploy checklist in their order (runbook 004). */
function planChecklist({ checklist }: Train): string[] {
  const gates =
    checklist === null ? [unconfirmedGates] : (checklist.github?.checks ?? checklist.commands.map(({ name }) => name));
  return [...gates, ...Object.values(checklistLines)].map(checklistStep);
}
