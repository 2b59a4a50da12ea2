import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChildSpec } from '../child.ts';
import type { Ports } from '../ports.ts';

const askWithinMs = 2_000;
const retention = '2d';

/**
 * Scrapes the cloud emulator each second. The labels are the emulator's own, as Cloud Monitoring names them. JSON is
 * YAML.
 */
const configuration = ({ cloudHttp, alertmanager }: Ports) => ({
  global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
  alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanager}`] }] }] },
  scrape_configs: [
    {
      job_name: 'cloud',
      metrics_path: '/sandbox/metrics',
      honor_labels: true,
      static_configs: [{ targets: [`127.0.0.1:${cloudHttp}`] }],
    },
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
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify(configuration(ports), null, 2));
  return {
    name: 'Prometheus',
    command: program,
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--storage.tsdb.retention.time=${retention}`,
      `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      '--log.level=warn',
    ],
    stopSignal: 'SIGTERM',
    log: join(logs, 'prometheus.log'),
    answers: () => prometheusAnswers(`http://127.0.0.1:${ports.prometheus}`),
  };
};
