import { z } from 'zod';
import { describeFreeze, type Freeze } from '../../contract/environment.ts';
import { changeId } from '../../contract/ids.ts';
import { countOf } from '../../contract/plan.ts';
import { currentFreeze, isOn, stopsAt } from './queue.ts';
import type { EnvironmentState } from './state.ts';

const text = z.string();

/** What people are told of an environment when it begins, and when it is over; JSON-safe. */
export const matter = z.strictObject({
  /** Names it for ever, within this environment. */
  id: text,
  kind: z.enum(['freeze', 'drift', 'wait']),
  title: text,
  since: text,
  /** The freeze; null for all other matters. */
  freeze: z
    .strictObject({
      /** Whose it is: a person's, a window's, an incident's, or a part of a stop of the line. */
      of: z.enum(['person', 'window', 'incident', 'everything', 'service']),
      /** A person, the workflow id of an incident, or the catalog. */
      by: text,
      until: text.nullable(),
    })
    .nullable(),
});
export type Matter = z.infer<typeof matter>;
type FreezeKind = NonNullable<Matter['freeze']>['of'];

/** Lists what people should know of an environment at a moment: each freeze that is on, and its drift. */
export function mattersOf(state: EnvironmentState, at: string): Matter[] {
  const { drift, freeze, incidents } = state;
  const ofPerson = freeze && isOn(freeze, at) ? [freezeMatter('person', freeze)] : [];
  const ofStops = stopsAt(state, at).map((stop) => freezeMatter(stop.scope ?? 'person', stop));
  const ofIncidents = incidents.map(({ workflowId, firstExecutionRunId, reason, since }) =>
    freezeMatter('incident', { by: workflowId, reason, since, until: null }, changeId(firstExecutionRunId)),
  );
  const window = currentFreeze({ ...state, freeze: null, stops: [], incidents: [] }, at);
  const ofWindow = window ? [freezeMatter('window', window)] : [];
  return [...ofPerson, ...ofStops, ...ofIncidents, ...ofWindow, ...(drift ? [driftMatter(drift)] : [])];
}

/** Makes the matter of a wait for an operator. */
export function waitMatter(what: string, since: string): Matter {
  return { id: idOf('wait', since), kind: 'wait', title: what, since, freeze: null };
}

function freezeMatter(of: FreezeKind, freeze: Freeze, name: string = of): Matter {
  const { by, since, until } = freeze;
  const title = describeFreeze(freeze);
  return { id: idOf(`freeze-${name}`, since), kind: 'freeze', title, since, freeze: { of, by, until } };
}

function driftMatter({ problems, since }: NonNullable<EnvironmentState['drift']>): Matter {
  const title = countOf(problems.length, 'difference');
  return { id: idOf('drift', since), kind: 'drift', title, since, freeze: null };
}

/** Makes an id of what stays the same, so that a channel recognises it. */
function idOf(name: string, since: string): string {
  return `${name}-${since.replace(/\D/g, '')}`;
}
