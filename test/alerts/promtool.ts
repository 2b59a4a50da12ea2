import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertRules } from '../../sandbox/monitoring/rules.ts';
import { ServerMissing } from '../../sandbox/servers/missing.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { promtool } from '../../sandbox/servers/prometheus.ts';

/** Finds promtool, or builds it, which takes minutes; answers why that is impossible on this machine. */
export const promtoolProgram = async (): Promise<{ program: string } | { impossible: string }> =>
  obtain(promtool, () => {}).then(
    (program) => ({ program }),
    (error: unknown) => {
      if (!(error instanceof ServerMissing)) throw error;
      return { impossible: error.message };
    },
  );

/** A situation: series in promtool's notation, and the labels of the alerts that fire at that time. */
export interface Situation {
  /** Time between two values of a series. */
  interval: string;
  series: Record<string, string>;
  at: string;
  firing: Record<string, string>[];
}

const ran = (program: string, args: string[]): Promise<{ code: number; output: string }> =>
  new Promise((resolve) => {
    execFile(program, args, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: `${stdout}${stderr}` });
    });
  });

const alertOf = (labels: Record<string, string>): string => {
  const all = { ...labels, alertstate: 'firing' };
  const list = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
  return `ALERTS{${list.join(', ')}}`;
};

/** Plays a situation with the rules; answers what promtool says, with 0 when exactly these alerts fire. */
export const playRules = async (
  program: string,
  rules: AlertRules,
  { interval, series, at, firing }: Situation,
): Promise<{ code: number; output: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-rules-'));
  const test = {
    rule_files: ['rules.yml'],
    evaluation_interval: interval,
    tests: [
      {
        interval,
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: 'ALERTS{alertstate="firing"}',
            eval_time: at,
            exp_samples: firing.map((labels) => ({ labels: alertOf(labels), value: 1 })),
          },
        ],
      },
    ],
  };
  try {
    await writeFile(join(folder, 'rules.yml'), JSON.stringify(rules));
    await writeFile(join(folder, 'test.yml'), JSON.stringify(test));
    return await ran(program, ['test', 'rules', join(folder, 'test.yml')]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Checks the rules as Prometheus does when it loads them, templates included. */
export const checkRules = async (program: string, rules: AlertRules): Promise<{ code: number; output: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-rules-'));
  try {
    await writeFile(join(folder, 'rules.yml'), JSON.stringify(rules));
    return await ran(program, ['check', 'rules', '--lint-fatal', join(folder, 'rules.yml')]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
