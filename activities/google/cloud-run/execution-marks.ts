import { sha256 } from '../../../catalog/canonical-json.ts';
import { formatFence, type Marker } from '../../../contract/fence.ts';
import { recordedStep, type Annotations } from '../../fence.ts';
import { shortName, type Execution } from './resources.ts';

/** Variables by which an execution says whose it is. */
const names = {
  change: 'SLIPWAY_CHANGE',
  step: 'SLIPWAY_STEP',
  attempt: 'SLIPWAY_ATTEMPT',
  fence: 'SLIPWAY_FENCE',
  execution: 'SLIPWAY_EXECUTION',
} as const;

/** Says whether a variable of a job is only there to mark one execution: it is no setting of the job. */
export function isMark(variable: string): boolean {
  return Object.values<string>(names).includes(variable);
}

/**
 * Makes the variables of one execution. `execution` is its name where the job's own template carries them: whoever runs
 * the job again by hand gets a copy of them, which the name gives away. Empty where only the run carries them.
 */
export function executionMarks({ change, step, attempt, fence }: Marker, execution: string): Record<string, string> {
  return {
    [names.change]: change,
    [names.step]: step,
    [names.attempt]: String(attempt),
    [names.fence]: formatFence(fence),
    [names.execution]: execution,
  };
}

/** Says whether an execution carries the marks of this step, in one of the attempts; a copy by hand does, too. */
export function carriesMarks(
  execution: Execution,
  { change, step }: Pick<Marker, 'change' | 'step'>,
  attempts: readonly number[],
): boolean {
  const marks = marksOf(execution);
  return (
    marks.get(names.change) === change &&
    marks.get(names.step) === step &&
    attempts.map(String).includes(marks.get(names.attempt) ?? '')
  );
}

/** Says whether an execution has its marks from another one's template: somebody ran the job again by hand. */
export function isCopy(execution: Execution): boolean {
  const meant = marksOf(execution).get(names.execution) ?? '';
  return meant !== '' && meant !== shortName(execution.name);
}

function marksOf({ template }: Execution): Map<string, string> {
  return new Map(
    (template?.containers ?? []).flatMap(
      ({ env }) => env?.map(({ name, value }) => [name ?? '', value ?? ''] as const) ?? [],
    ),
  );
}

/** The part of a step that announces a call of RunJob. */
export const announcement = 'call';

/** Says whether a run was asked for: by an update with its token, or by a call that was announced. */
export function isRunAsked(annotations: Annotations, run: Marker): boolean {
  const announced = { ...run, step: `${run.step}/${announcement}` };
  return [run, announced].some((marker) => recordedStep(annotations, marker) === marker.step);
}

/** Platform: Cloud Run Admin v2, Job.start_execution_token: with the job's name fewer than 63 characters. */
const maxNameLength = 62;

/**
 * Makes the token that starts the execution of one attempt: the platform names it `<job>-<token>`, so there is one at
 * most. Undefined where the job's name leaves no room for a token.
 */
export function startToken(job: string, { change, step, attempt }: Pick<Marker, 'change' | 'step' | 'attempt'>) {
  const readable = /^[a-z0-9-]+$/.test(step) ? [`${change}-${step}-${attempt}`] : [];
  const short = `${change}-${sha256(`${step}/${attempt}`).slice(0, 8)}`;
  return [...readable, short].find((token) => job.length + token.length <= maxNameLength);
}
