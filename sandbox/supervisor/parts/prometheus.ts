import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fasterRules, productionRules } from '../../monitoring/rules.ts';
import { serviceScrapes } from '../../monitoring/scrapes.ts';
import type { ChildSpec } from '../child.ts';
import type { Ports } from '../ports.ts';

const askWithinMs = 2_000;
const retention = '2d';

/** Names the file in which the node of the cluster lists its pods. */
export const podTargetsOf = (dir: string): string => join(dir, 'prometheus', 'targets', 'pods.json');

/**
 * Scrapes each second: the cloud emulator, whose labels are its own, as Cloud Monitoring names them, and the sample
 * services. JSON is YAML.
 */
const configuration = (dir: string, rules: string, { cloudHttp, alertmanager }: Ports) => ({
  global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
  alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanager}`] }] }] },
  rule_files: [rules],
  scrape_configs: [
    {
      job_name: 'cloud',
      metrics_path: '/sandbox/metrics',
      honor_labels: true,
      static_configs: [{ targets: [`127.0.0.1:${cloudHttp}`] }],
    },
    ...serviceScrapes({ instances: `http://127.0.0.1:${cloudHttp}/sandbox/targets`, pods: podTargetsOf(dir) }),
  ],
});

/** Tells whether the Prometheus at this URL is ready to answer queries. */
export const prometheusAnswers = (url: string): Promise<boolean> =>
  fetch(new URL('/-/ready', url), { signal: AbortSignal.timeout(askWithinMs) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** Describes a real Prometheus over the sandbox's own figures. Its data survives a stop of the sandbox. */
export const prometheusSpec = async (program: string, dir: string, logs: string, ports: Ports): Promise<ChildSpec> => {
  const folder = join(dir, 'prometheus');
  const file = join(folder, 'prometheus.yml');
  const rules = join(folder, 'alert-rules.yml');
  await mkdir(dirname(podTargetsOf(dir)), { recursive: true });
  await writeFile(rules, JSON.stringify(fasterRules(await productionRules()), null, 2));
  await writeFile(file, JSON.stringify(configuration(dir, rules, ports), null, 2));
  const url = `http://127.0.0.1:${ports.prometheus}`;
  return {
    name: 'Prometheus',
    command: program,
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--storage.tsdb.retention.time=${retention}`,
      `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      `--web.external-url=${url}`,
      '--log.level=warn',
    ],
    stopSignal: 'SIGTERM',
    log: join(logs, 'prometheus.log'),
    answers: () => prometheusAnswers(url),
  };
};
