import { shortHash, type Plan } from '../../contract/plan.ts';
import type { ReleasePlan } from '../../contract/release.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';

/** A plan as a person reads it before approving. */
export function planLines(plan: Plan, colors: Colors): string[] {
  const { artifact, live, rollbackTo } = plan;
  const facts: [string, string][] = [
    ['plan', `${shortHash(plan.hash)} ${colors.dim(`(${plan.hash})`)}`],
    ['commit', artifact.commit || 'not known'],
    ['image', artifact.image || 'not built yet'],
    [
      'serves now',
      live.serving
        .map(({ revision, percent, commit }) => `${revision} ${percent} % ${commit.slice(0, 12)}`)
        .join(', ') || 'nothing',
    ],
    [
      'way back',
      rollbackTo ? `${rollbackTo.revision} ${rollbackTo.commit.slice(0, 12)}` : 'none: this is the first release',
    ],
    [
      'approval by',
      plan.approvals.map(({ role, count }) => (count > 1 ? `${count} × ${role}` : role)).join(', ') || 'nobody',
    ],
    ['steps', plan.steps.join(' → ')],
  ];
  return [
    `${colors.bold(plan.kind)} ${cleanLine(plan.service)} ${colors.dim('→')} ${cleanLine(plan.environment)}`,
    ...facts.map(([name, value]) => `  ${colors.dim(name.padEnd(12))} ${name === 'plan' ? value : cleanLine(value)}`),
    ...migrationLines(plan, colors),
  ];
}

/**
 * The way of a release: what is confirmed first, then its stops. Each stop makes a plan of its own, which people
 * approve.
 */
export function releasePlanLines({ service, commit, checklist, stops }: ReleasePlan, colors: Colors): string[] {
  return [
    `${colors.bold('release')} ${cleanLine(service)} ${colors.dim('→')} ` +
      `${stops.map(({ environment }) => environment).join(` ${colors.dim('→')} `)}`,
    `  ${colors.dim('commit      ')} ${cleanLine(commit)}`,
    `  ${colors.dim('checklist   ')} ${cleanLine(checklist.map((line) => line.replace('checklist: ', '')).join(', '))}`,
    ...stops.flatMap(({ environment, kind, from, workflowId, approvals, steps }) => [
      `  ${colors.bold(cleanLine(environment))} ` +
        `${colors.dim(from === null ? `${kind} of what is built` : `${kind} of what ${from} verified`)}`,
      `    ${colors.dim('approval by')} ` +
        `${approvals.map(({ role, count }) => (count > 1 ? `${count} × ${role}` : role)).join(', ') || 'nobody'}`,
      `    ${colors.dim('steps      ')} ${cleanLine(steps.join(' → '))}`,
      `    ${colors.dim('run        ')} ${cleanLine(workflowId)}`,
    ]),
  ];
}

function migrationLines({ migrations }: Plan, colors: Colors): string[] {
  if (migrations === null)
    return [`  ${colors.dim('migrations  ')} ${colors.yellow('not known: the live commit is not known')}`];
  if (migrations.length === 0) return [`  ${colors.dim('migrations  ')} none`];
  return migrations.map(({ name, compatibility }, index) => {
    const said = compatibility === 'compatible' ? colors.green(compatibility) : colors.red(compatibility);
    return `  ${colors.dim((index === 0 ? 'migrations' : '').padEnd(12))} ${cleanLine(name)} ${said}`;
  });
}
