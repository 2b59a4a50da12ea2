import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { alertmanager } from '../../sandbox/servers/alertmanager.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { freePort } from '../sandbox/postgres.ts';
import { eventually } from '../until.ts';
import { token } from './receiver-process.ts';
import type { Alert } from './webhook.ts';

/** What of the configuration a test is about; the rest is short, so that nobody waits. */
export interface Route {
  /** Of the only receiver. */
  webhook: string;
  matchers?: string[];
  groupBy?: string[];
  groupWait?: string;
  groupInterval?: string;
  repeatInterval?: string;
  maxAlerts?: number;
}

/** A real Alertmanager of its own, whose alerts come from the test in Prometheus's place. */
export interface AlertmanagerProcess {
  url: string;
  clusterAddress: string;
  /** Tells it of alerts that fire, or have ended, as Prometheus does. */
  tell(...alerts: Alert[]): Promise<void>;
  reload(route: Route): Promise<void>;
  /** Members of its cluster, as it sees them. */
  peers(): Promise<number>;
  /** Kills it, and starts it again at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one, alone or as a member of a cluster with these peers; the first member has none. */
export async function startAlertmanager(route: Route, peers: string[] | null = null): Promise<AlertmanagerProcess> {
  const program = await obtain(alertmanager, () => undefined);
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-alertmanager-'));
  const file = path.join(folder, 'alertmanager.yml');
  const [web, cluster] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const url = `http://${web}`;
  const configure = async (wanted: Route) => writeFile(file, JSON.stringify(configurationOf(wanted)));
  await configure(route);
  const spawn = () =>
    execa(
      program,
      [
        `--config.file=${file}`,
        `--storage.path=${path.join(folder, 'data')}`,
        `--web.listen-address=${web}`,
        // Without an address there is no cluster, and nothing that a start waits for.
        `--cluster.listen-address=${peers === null ? '' : cluster}`,
        '--cluster.peer-timeout=1s',
        ...(peers ?? []).map((peer) => `--cluster.peer=${peer}`),
      ],
      { reject: false, all: true },
    );
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  let child = spawn();
  const stop = async () => {
    child.kill('SIGKILL');
    await child;
  };
  await eventually('Alertmanager is ready', isReady, 20_000);
  return {
    url,
    clusterAddress: cluster,
    tell: async (...alerts) => requireOk(`${url}/api/v2/alerts`, JSON.stringify(alerts.map(asPrometheusWrites))),
    reload: async (wanted) => {
      await configure(wanted);
      await requireOk(`${url}/-/reload`);
    },
    peers: async () => {
      const answer = (await (await fetch(`${url}/api/v2/status`)).json()) as { cluster: { peers?: unknown[] } };
      return answer.cluster.peers?.length ?? 0;
    },
    restart: async () => {
      await stop();
      child = spawn();
      await eventually('Alertmanager is ready again', isReady, 20_000);
    },
    close: async () => {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Alertmanager, configuration: JSON is YAML, too. */
function configurationOf(route: Route): object {
  const { webhook, matchers = ['service=~".+"'], groupBy = ['service', 'environment', 'alertname'] } = route;
  const { groupWait = '200ms', groupInterval = '1s', repeatInterval = '1h', maxAlerts = 0 } = route;
  const credentials = { authorization: { type: 'Bearer', credentials: token } };
  const slipway = { url: webhook, send_resolved: true, max_alerts: maxAlerts, http_config: credentials };
  return {
    // The test tells of an alert once and not every minute.
    global: { resolve_timeout: '1h' },
    route: {
      receiver: 'nobody',
      routes: [
        {
          receiver: 'slipway',
          matchers,
          group_by: groupBy,
          group_wait: groupWait,
          group_interval: groupInterval,
          repeat_interval: repeatInterval,
        },
      ],
    },
    receivers: [{ name: 'nobody' }, { name: 'slipway', webhook_configs: [slipway] }],
  };
}

/** Alertmanager, API v2: postableAlert; the end of one that fires is left out. */
function asPrometheusWrites({ status, labels, annotations, startsAt, endsAt, generatorURL }: Alert): object {
  return { labels, annotations, startsAt, generatorURL, ...(status === 'resolved' ? { endsAt } : {}) };
}

async function requireOk(url: string, body?: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body ?? null,
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
