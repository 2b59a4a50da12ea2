import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const file = join(
  import.meta.dirname,
  ...['..', 'services', 'openagents-runtime', 'base', 'deploy', 'k8s', 'base', 'alerts.yaml'],
);

/** A minute of production is two seconds of a sandbox, in which nobody waits for five minutes. */
const secondsForMinute = 2;

interface Rule {
  alert: string;
  expr: string;
  for: string;
}

/** The content of a file of alert rules. (Prometheus, configuration: alerting rules.) */
export interface AlertRules {
  groups: { name: string; rules: Rule[] }[];
}

const faster = (minutes: string): string => `${Number(minutes) * secondsForMinute}s`;

/** Shortens every window and every wait of the rules. Thresholds stay: they are ratios and rates. */
export const fasterRules = ({ groups }: AlertRules): AlertRules => ({
  groups: groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ({
      ...rule,
      expr: rule.expr.replace(/\[(\d+)m\]/g, (_window, minutes: string) => `[${faster(minutes)}]`),
      for: rule.for.replace(/^(\d+)m$/, (_wait, minutes: string) => faster(minutes)),
    })),
  })),
});

/** Reads the alert rules that the sample runtime ships, as production has them. */
export const productionRules = async (): Promise<AlertRules> => parse(await readFile(file, 'utf8')) as AlertRules;
