import type { Schedule } from '../../contract/catalog/schedules.ts';
import type { AppliedSchedule } from '../api/schedules.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { momentText } from './time.ts';

type Action = AppliedSchedule['action'];

const marks: Record<Action, [mark: string, color: keyof Colors]> = {
  created: ['+', 'green'],
  updated: ['~', 'yellow'],
  unchanged: ['=', 'dim'],
  kept: ['=', 'dim'],
  deleted: ['-', 'red'],
  foreign: ['✗', 'red'],
};

const reasons: Partial<Record<Action, string>> = {
  deleted: 'the catalog has it no more',
  kept: 'its environment cannot be used on this machine',
  foreign: 'somebody else has made a schedule of this id: delete or rename that one',
};

/** Shows one schedule: what was done with it, when it runs, and what to know of it. */
export function scheduleLine(
  applied: AppliedSchedule,
  schedule: Schedule | undefined,
  { dryRun, colors }: { dryRun: boolean; colors: Colors },
): string {
  const { action, workflowType, service, environment, paused, next } = applied;
  const [mark, color] = marks[action];
  const paint = colors[color] as (text: string) => string;
  const isChange = ['created', 'updated', 'deleted'].includes(action);
  const facts = [
    dryRun && isChange ? `would be ${action}` : action,
    schedule === undefined ? '' : scheduleText(schedule),
    reasons[action] ?? '',
    paused ? 'paused' : (next[0] ?? '') && `next ${momentText(next[0] ?? '')}`,
  ];
  const subject = `${workflowType} of ${service} in ${environment}`;
  return `${paint(mark)} ${cleanLine(`${subject}: ${facts.filter((fact) => fact !== '').join(', ')}`)}`;
}

/** Says when a schedule runs, as the catalog says it. */
function scheduleText({ at, days, timeZone }: Schedule): string {
  return `${days?.join(' ') ?? 'every day'} at ${at.join(' ')} ${timeZone}`;
}
