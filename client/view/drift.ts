import type { DriftReport } from '../../contract/drift.ts';
import { describeShare } from '../../contract/live.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';

const labelWidth = 12;

/** Shows what serves in one place, how it differs from what should, and what was not compared. */
export function driftLines(report: DriftReport, colors: Colors): string[] {
  const { service, environment, problems, unkept } = report;
  const verdict = problems.length === 0 ? colors.green('no drift') : colors.red('drift');
  const rest = [
    ...problems.map((problem): Labelled => ['differs', colors.yellow(cleanLine(problem))]),
    ...(unkept === undefined ? [] : [['not told', cleanLine(`the environment: ${unkept}`)] as Labelled]),
  ];
  return [
    `  ${colors.bold(cleanLine(service))} ${colors.dim('in')} ${cleanLine(environment)}: ${verdict}`,
    ...[...servingFacts(report), ...rest].map(([label, text]) => `    ${colors.dim(label.padEnd(labelWidth))} ${text}`),
  ];
}

type Labelled = [label: string, text: string];

/** Says what the platform serves, and what nobody could compare with it. */
export function servingFacts({ serving, url, notCompared = [] }: DriftReport): Labelled[] {
  const shares = serving?.map((share) => cleanLine(describeShare(share))) ?? ['not asked'];
  return [
    ...(shares.length > 0 ? shares : ['nothing']).map((text): Labelled => ['serves', text]),
    ...(url === undefined ? [] : [['address', cleanLine(url)] as Labelled]),
    ...notCompared.map((text): Labelled => ['not compared', cleanLine(text)]),
  ];
}
