import type { StepStatus } from '../../contract/status.ts';

const finishedStates: readonly string[] = ['passed', 'skipped'];

/**
 * Folds steps for a view that must fit a terminal. Steps with one prefix (`staging: `, `checklist: `) become one line
 * when all are finished or all are to come; a group that is under way, or went wrong, is shown whole.
 */
export function foldSteps(steps: readonly StepStatus[]): StepStatus[] {
  const groups: StepStatus[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last?.[0] && prefixOf(step) !== '' && prefixOf(last[0]) === prefixOf(step)) last.push(step);
    else groups.push([step]);
  }
  return groups.flatMap((group) => (group.length > 1 ? foldGroup(group) : group));
}

function foldGroup(group: StepStatus[]): StepStatus[] {
  const [first] = group;
  const last = group.findLast(({ endedAt }) => endedAt !== null);
  if (!first) return group;
  const one = { name: prefixOf(first), attempts: 0, error: null };
  if (group.every(({ state }) => state === 'pending'))
    return [{ ...one, state: 'pending', startedAt: null, endedAt: null, detail: `${group.length} steps to come` }];
  if (!group.every(({ state }) => finishedStates.includes(state))) return group;
  const startedAt = group.find((step) => step.startedAt !== null)?.startedAt ?? null;
  return [
    {
      ...one,
      state: 'passed',
      startedAt,
      endedAt: last?.endedAt ?? null,
      detail: `${group.filter(({ state }) => state === 'passed').length} steps passed`,
    },
  ];
}

function prefixOf({ name }: StepStatus): string {
  const at = name.indexOf(': ');
  return at < 0 ? '' : name.slice(0, at);
}
