import { describeCommit } from '../../contract/artifact.ts';
import { describeKey, describePacked } from '../../contract/configuration.ts';
import type { ApprovableDrill } from '../../contract/drill.ts';
import { describeShare } from '../../contract/live.ts';
import { describeOrigin } from '../../contract/origin.ts';
import { countOf, countOfGained, shortHash, type Plan } from '../../contract/plan.ts';
import type { ReleasePlan } from '../../contract/release.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine, cleanText } from '../cli/text.ts';

/** Shows a plan to a person who is to approve it. */
export function planLines(plan: Plan | ApprovableDrill | ReleasePlan, colors: Colors): string[] {
  if (plan.kind === 'release') return releasePlanLines(plan, colors);
  return plan.kind === 'drill' ? drillPlanLines(plan, colors) : changePlanLines(plan, colors);
}

function changePlanLines(plan: Plan, colors: Colors): string[] {
  const { artifact, live, origin } = plan;
  const facts: Fact[] = [
    ['plan', hashText(plan, colors)],
    ['commit', artifact.commit || 'not known'],
    ['image', artifact.image || 'not built yet'],
    ...(origin ? [['rests on', describeOrigin(origin, artifact.commit)] satisfies Fact] : []),
    ['serves now', live.serving.map(describeShare).join(', ') || 'nothing'],
    ['if it fails', afterFailure(plan)],
    ['approval by', rolesText(plan.approvals)],
    ['steps', plan.steps.join(' → ')],
  ];
  return [
    ...headLines(plan, facts, colors),
    ...rotationLines(plan, colors),
    ...commitLines(plan, colors),
    ...migrationLines(plan, colors),
    ...refusedLines(plan, colors),
    ...configurationLines(plan, colors),
    ...differenceLines(plan, colors),
  ];
}

/** Says what users get if the change fails: a rollback leaves what it did. */
function afterFailure({ kind, rollbackTo }: Plan): string {
  if (!rollbackTo) return 'there is nothing to go back to: this is the first release';
  const before = `${describeCommit(rollbackTo.commit)} (revision ${rollbackTo.revision})`;
  return kind === 'rollback' ? `it leaves what it did; ${before} served before` : `back to ${before}`;
}

/** Shows what a drill disturbs, and who watches. */
function drillPlanLines(plan: ApprovableDrill, colors: Colors): string[] {
  const { artifact, revision, parts, url, approvals } = plan;
  const facts: Fact[] = [
    ['plan', hashText(plan, colors)],
    ['serves now', `${describeCommit(artifact.commit)} (revision ${revision})`],
    ['disturbs', parts.map((part) => drillWords[part]).join(', then ')],
    ['meanwhile', `clients stream against ${url}`],
    ['approval by', rolesText(approvals)],
  ];
  return headLines(plan, facts, colors);
}

const drillWords: Record<ApprovableDrill['parts'][number], string> = {
  deletePod: 'ends one instance',
  restart: 'ends every instance, one after the other',
  breakConnections: 'breaks the connections of the clients',
};

type Fact = [name: string, value: string];

function headLines(
  { kind, service, environment }: Pick<Plan | ApprovableDrill, 'kind' | 'service' | 'environment'>,
  facts: readonly Fact[],
  colors: Colors,
): string[] {
  return [
    `${colors.bold(cleanLine(kind))} ${cleanLine(service)} ${colors.dim('→')} ${cleanLine(environment)}`,
    ...facts.map(([name, value]) => `  ${colors.dim(name.padEnd(12))} ${name === 'plan' ? value : cleanLine(value)}`),
  ];
}

function hashText({ hash }: Pick<Plan, 'hash'>, colors: Colors): string {
  const whole = cleanLine(hash);
  return `${shortHash(whole)} ${colors.dim(`(${whole})`)}`;
}

/** Shows which secrets get which version; never a value. */
function rotationLines({ secrets = [] }: Plan, colors: Colors): string[] {
  return secrets.map(({ variable, secret, from, to }, index) => {
    const name = colors.dim((index === 0 ? 'secrets' : '').padEnd(12));
    const change = cleanLine(`${variable} version ${from} → ${to}`);
    return `  ${name} ${change} ${colors.dim(`of ${cleanLine(secret)}`)}`;
  });
}

/** Shows what users get: the commits that go out, and a warning about those that they lose. */
function commitLines({ commits }: Plan, colors: Colors): string[] {
  if (!commits) return [];
  const { count, newest, lost } = commits;
  const name = (text: string) => `  ${colors.dim(text.padEnd(12))} `;
  const more = count - newest.length;
  return [
    `${name('goes out')}${countOfGained(count)}`,
    ...newest.map(
      ({ commit, subject, author }) =>
        `${name('')}${colors.dim(commit.slice(0, 12))} ${cleanLine(subject)} ${colors.dim(`(${cleanLine(author)})`)}`,
    ),
    ...(more > 0 ? [`${name('')}and ${countOf(more, 'more commit')}`] : []),
    ...(lost > 0
      ? [`${name('')}${colors.yellow(`users lose ${countOf(lost, 'commit')}: what serves is not an ancestor of it`)}`]
      : []),
  ];
}

/** Shows from where each key of the configuration is taken, never what it is, and what the image has packed. */
function configurationLines({ configuration = [], manifest }: Plan, colors: Colors): string[] {
  const keys = configuration.map(
    (key, index) => `  ${colors.dim((index === 0 ? 'configured' : '').padEnd(12))} ${cleanLine(describeKey(key))}`,
  );
  return manifest ? [...keys, `  ${colors.dim('manifest'.padEnd(12))} ${cleanLine(describePacked(manifest))}`] : keys;
}

/** Shows what changes of template or manifests. */
function differenceLines({ difference }: Plan, colors: Colors): string[] {
  if (difference === null || difference === undefined) return [];
  if (difference === '')
    return [`  ${colors.dim('changes'.padEnd(12))} nothing: template and manifests stay as they are`];
  const colored = (line: string): string => {
    if (line.startsWith('+')) return colors.green(line);
    if (line.startsWith('-')) return colors.red(line);
    return line.startsWith('!') ? colors.yellow(line) : line;
  };
  return [`  ${colors.dim('changes')}`, ...difference.split('\n').map((line) => `    ${colored(cleanText(line))}`)];
}

/** Shows the plan of a release: its checklist, then its stops. People approve the plan that each stop makes. */
function releasePlanLines(
  { service, commit, checklist, skippable = [], stops }: ReleasePlan,
  colors: Colors,
): string[] {
  const arrow = ` ${colors.dim('→')} `;
  const checks = checklist.map((line) => line.replace('checklist: ', ''));
  return [
    [`${colors.bold('release')} ${cleanLine(service)}`, ...stops.map(({ environment }) => cleanLine(environment))].join(
      arrow,
    ),
    `  ${colors.dim('commit      ')} ${cleanLine(commit)}`,
    `  ${colors.dim('checklist   ')} ${cleanLine(checks.join(', '))}`,
    ...(skippable.length > 0 ? [`  ${colors.dim('may be skipped')} ${cleanLine(skippable.join(', '))}`] : []),
    ...stops.flatMap(({ environment, kind, from, workflowId, approvals, steps }) => [
      `  ${colors.bold(cleanLine(environment))} ${colors.dim(wayText({ kind, from }))}`,
      `    ${colors.dim('approval by')} ${cleanLine(rolesText(approvals))}`,
      `    ${colors.dim('steps      ')} ${cleanLine(steps.join(' → '))}`,
      `    ${colors.dim('run        ')} ${cleanLine(workflowId)}`,
    ]),
  ];
}

function wayText({ kind, from }: Pick<ReleasePlan['stops'][number], 'kind' | 'from'>): string {
  return cleanLine(`${kind} ${from ? `from ${from}` : 'of the build'}`);
}

function rolesText(approvals: Plan['approvals']): string {
  return approvals.map(({ role, count }) => (count > 1 ? `${count} × ${role}` : role)).join(', ') || 'nobody';
}

/** A rollback runs none: those between the two commits say whether the older one fits the schema. */
function migrationLines({ kind, ...plan }: Plan, colors: Colors): string[] {
  if (kind !== 'rollback') return [...pendingLines(plan, colors), ...crossedLines(plan, colors)];
  const between = plan.migrations?.length === 0 ? [] : pendingLines(plan, colors, 'between');
  return [`  ${colors.dim('migrations  ')} none is run`, ...between];
}

/** Shows what of the catalog does not work, and the change goes on without. */
function refusedLines({ refusedQuestions = [] }: Plan, colors: Colors): string[] {
  return refusedQuestions.map((what) => `  ${colors.dim('goes without')} ${colors.yellow(cleanLine(what))}`);
}

/** Shows migrations that the schema may have and the artifact's code does not know. */
function crossedLines({ crossed, crossedUnknown }: Pick<Plan, 'crossed' | 'crossedUnknown'>, colors: Colors): string[] {
  if (crossed === undefined) return [];
  return pendingLines(
    { migrations: crossed, ...(crossedUnknown !== undefined && { migrationsUnknown: crossedUnknown }) },
    colors,
    'goes back',
  );
}

function pendingLines(
  { migrations, migrationsUnknown: why }: Pick<Plan, 'migrations' | 'migrationsUnknown'>,
  colors: Colors,
  title = 'migrations',
): string[] {
  if (migrations === null) {
    const reason = cleanLine(why ?? 'the live commit is not known');
    return [
      `  ${colors.dim(title.padEnd(12))} ${colors.yellow(`not known: ${reason}`)}`,
      `  ${' '.repeat(12)} ${colors.dim('what is not known counts as incompatible')}`,
    ];
  }
  if (migrations.length === 0) return [`  ${colors.dim(title.padEnd(12))} none`];
  return migrations.map(({ name, compatibility }, index) => {
    const word = compatibility === 'compatible' ? colors.green(compatibility) : colors.red(compatibility);
    return `  ${colors.dim((index === 0 ? title : '').padEnd(12))} ${cleanLine(name)} ${word}`;
  });
}
