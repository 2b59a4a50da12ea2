import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChildSpec } from '../child.ts';
import type { Ports } from '../ports.ts';

const askWithinMs = 2_000;
const tokenBytes = 32;

/** Names the address that gets the alerts, on a port that the sandbox keeps free for its receiver. */
export const webhookOf = ({ alerts }: Ports): string => `http://127.0.0.1:${alerts}/v1/alerts`;

/** Names the file with the token that every message to the receiver carries. */
export const tokenFileOf = (dir: string): string => join(dir, 'alertmanager', 'token');

/**
 * Groups the alerts of a service in an environment by name, and sends each group to one webhook. The times are short:
 * nobody watches a sandbox for hours. (Alertmanager, configuration: route, webhook_config, http_config.)
 */
const configuration = (dir: string, ports: Ports) => ({
  route: {
    receiver: 'slipway',
    group_by: ['service', 'environment', 'alertname'],
    group_wait: '1s',
    group_interval: '5s',
    repeat_interval: '1m',
  },
  receivers: [
    {
      name: 'slipway',
      webhook_configs: [
        {
          url: webhookOf(ports),
          send_resolved: true,
          http_config: { authorization: { type: 'Bearer', credentials_file: tokenFileOf(dir) } },
        },
      ],
    },
  ],
});

/** Tells whether the Alertmanager at this URL is ready. */
export const alertmanagerAnswers = (url: string): Promise<boolean> =>
  fetch(new URL('/-/ready', url), { signal: AbortSignal.timeout(askWithinMs) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** Makes the receiver's token, once for a sandbox: its receiver may outlive a restart. */
const createToken = async (file: string): Promise<void> => {
  const token = randomBytes(tokenBytes).toString('base64url');
  await writeFile(file, token, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
};

/** Describes a real Alertmanager of one process. What it has sent survives a stop of the sandbox. */
export const alertmanagerSpec = async (
  program: string,
  dir: string,
  logs: string,
  ports: Ports,
): Promise<ChildSpec> => {
  const folder = join(dir, 'alertmanager');
  const file = join(folder, 'alertmanager.yml');
  await mkdir(folder, { recursive: true });
  await createToken(tokenFileOf(dir));
  await writeFile(file, JSON.stringify(configuration(dir, ports), null, 2));
  const url = `http://127.0.0.1:${ports.alertmanager}`;
  return {
    name: 'Alertmanager',
    command: program,
    args: [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
      `--web.external-url=${url}`,
      // Empty: no cluster, and no port for one.
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    stopSignal: 'SIGTERM',
    log: join(logs, 'alertmanager.log'),
    answers: () => alertmanagerAnswers(url),
  };
};
