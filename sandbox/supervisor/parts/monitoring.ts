import type { SandboxDescription } from '../../description.ts';
import { alertmanager } from '../../servers/alertmanager.ts';
import { obtain } from '../../servers/obtain.ts';
import type { Say } from '../../servers/server.ts';
import { prometheus } from '../../servers/prometheus.ts';
import type { ChildSpec } from '../child.ts';
import type { Ports } from '../ports.ts';
import { alertmanagerSpec, tokenFileOf, webhookOf } from './alertmanager.ts';
import { prometheusSpec } from './prometheus.ts';

export interface MonitoringOptions {
  /** Folder of everything that the sandbox keeps. */
  dir: string;
  logs: string;
  ports: Ports;
  say: Say;
  /** Starts the program, waits until it serves, and answers its pid; the part is the one that the pid stands for. */
  run: (part: 'prometheus' | 'alertmanager', spec: ChildSpec, where: string) => Promise<number>;
}

/** Starts Alertmanager, and Prometheus, which sends its alerts there. */
export const startMonitoring = async ({
  dir,
  logs,
  ports,
  say,
  run,
}: MonitoringOptions): Promise<Required<Pick<SandboxDescription, 'prometheus' | 'alertmanager'>>> => {
  const [metricsProgram, alertsProgram] = await Promise.all([obtain(prometheus, say), obtain(alertmanager, say)]);
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  const alerts = await run(
    'alertmanager',
    await alertmanagerSpec(alertsProgram, dir, logs, ports),
    `at ${url(ports.alertmanager)}`,
  );
  const metrics = await run(
    'prometheus',
    await prometheusSpec(metricsProgram, dir, logs, ports),
    `at ${url(ports.prometheus)}`,
  );
  const receiver = { webhook: webhookOf(ports), tokenFile: tokenFileOf(dir) };
  return {
    prometheus: { url: url(ports.prometheus), pid: metrics },
    alertmanager: { url: url(ports.alertmanager), ...receiver, pid: alerts },
  };
};
