import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import type { catalogFile } from '../../contract/catalog/catalog.ts';
import { incidentWorkflowId, taskQueue } from '../../contract/ids.ts';
import type { Episode } from '../../contract/incident/episode.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import { messageNames, queryNames } from '../../contract/messages.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import { openedForFile } from '../opened-for-file.ts';
import { owner } from '../end-to-end/runs.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import type { TestSandbox } from '../end-to-end/sandbox.ts';
import { eventually } from '../until.ts';
import { startWorker } from './incident/life.ts';
import { Outside } from './incident/outside.ts';

const outside = openedForFile(
  () => new Outside().open(),
  async (opened) => opened.close(),
);
const sandbox = openSandbox({ hasWorker: false, prepare });
/** All evidence is there within this time of the alert. */
const triagedWithinMs = 30_000;
const platformLooks = ['health', 'routes', 'serving'];
const logLooks = ['cancelled streams', 'errors', 'ids', 'run ends', 'stream sessions', 'usual failures'];
const metricLooks = ['completion ratio', 'error rate', 'stream outcomes'];

interface Situation {
  source: string;
  service: string;
  environment: string;
  silence: () => Promise<void> | void;
  /** Looks that have no answer, in alphabetical order. */
  unanswered: string[];
  /** What the timeline says of it besides. */
  line?: RegExp;
}

const cloudRun = { service: 'silent', environment: 'production' };
const situations: Situation[] = [
  { ...cloudRun, source: 'Prometheus', silence: () => void outside.silent.add('prometheus'), unanswered: metricLooks },
  {
    ...{ ...cloudRun, source: 'Alertmanager', silence: () => void outside.silent.add('alertmanager') },
    unanswered: ['alerts'],
    line: /^alert \S+ fires since .*; Alertmanager could not be asked about it$/,
  },
  {
    ...{
      ...cloudRun,
      source: 'Cloud Logging',
      silence: () => silenceCalls('google.logging.v2.LoggingServiceV2/ListLogEntries'),
    },
    unanswered: logLooks,
  },
  {
    ...{ ...cloudRun, source: 'Cloud Run', silence: () => silenceCalls('google.cloud.run.v2.Services/GetService') },
    unanswered: platformLooks,
    line: /^suspects: changes by hand could not be read: did not answer within [\d.]+ s$/,
  },
  {
    ...{ source: 'the Kubernetes API', service: 'silent', environment: 'cluster', silence: () => undefined },
    unanswered: [...logLooks, ...platformLooks].sort(),
  },
];
/** `SLIPWAY_LONG=1` asks for every source; one that many looks ask is the short form. */
const short = ['Cloud Logging'];
const chosen = process.env['SLIPWAY_LONG'] ? situations : situations.filter(({ source }) => short.includes(source));

describe('an incident whose sources are silent in turn', () => {
  it.each(chosen)(
    'opens without $source, and says what it does not know',
    async (situation) => {
      outside.silent.clear();
      outside.silent.add('kubernetes');
      await situation.silence();
      const openedAt = Date.now();
      const status = await opened(situation);
      expect(Date.now() - openedAt).toBeLessThan(triagedWithinMs);
      const unanswered = status.evidence.filter(({ reason }) => /^no answer: /.test(reason));
      expect(unanswered.map(({ name }) => name).sort()).toEqual(situation.unanswered);
      expect(unanswered.map(({ verdict }) => verdict)).toEqual(unanswered.map(() => 'inconclusive'));
      expect(unanswered.every(({ reason, source }) => reason.length > 20 && source !== '')).toBe(true);
      // What could be asked was answered, and people are asked to act.
      expect(status.evidence.length).toBeGreaterThan(unanswered.length + 3);
      expect(status.waitingFor).toMatchObject({ kind: 'operator', what: 'somebody to acknowledge this SEV-2' });
      const triage = status.steps.find(({ name }) => name === 'triage');
      for (const name of situation.unanswered) expect(triage?.detail).toContain(name);
      const { line } = situation;
      if (line) expect((await timelineOf(situation)).some(({ what }) => line.test(what))).toBe(true);
      await handleOf(situation).executeUpdate(messageNames.resolve, { args: [{ by: owner, falseAlarm: true }] });
      await handleOf(situation).result();
    },
    120_000,
  );
});

function handleOf({ service, environment, source }: Situation) {
  return sandbox.runs.client.workflow.getHandle(
    incidentWorkflowId(service, environment, source.toLowerCase().replaceAll(' ', '-')),
  );
}

function timelineOf(situation: Situation): Promise<TimelineEntry[]> {
  return handleOf(situation).query<TimelineEntry[]>(queryNames.timeline);
}

/** Opens an incident by an alert that fires, and waits until triage has ended. */
async function opened(situation: Situation): Promise<IncidentStatus> {
  const { service, environment } = situation;
  const episode: Episode = {
    ...{ fingerprint: 'a1b2c3', startsAt: new Date().toISOString(), endsAt: null, status: 'firing' },
    ...{ name: 'OpenAgentsRuntimeStreamCompletionRatioLow', severity: 'sev2', summary: '', generatorUrl: '' },
  };
  const { fingerprint, startsAt, name: alertname, severity } = episode;
  outside.fire({ fingerprint, startsAt, labels: { alertname, service, environment, severity } });
  const input = { service, environment, title: 'streams do not end', openedBy: 'alertmanager', alerts: [episode] };
  const { workflowId } = handleOf(situation);
  await sandbox.runs.client.workflow.start('incident', { taskQueue, workflowId, args: [input] });
  return eventually('triage has ended', async () => {
    const status = await handleOf(situation).query<IncidentStatus>(queryNames.status);
    return status.phase === 'responding' && status;
  });
}

/** Has all calls of a method hang, more than an incident makes. */
async function silenceCalls(method: string): Promise<void> {
  for (let nth = 1; nth <= 30; nth += 1) await sandbox.control.addFault({ method, nth, kind: 'hang' });
}

async function prepare(prepared: TestSandbox): Promise<void> {
  const { name } = await prepared.estate({ name: 'silent', place: (place) => delete place.notifications });
  const file = path.join(prepared.catalogFolder, `${name}.yaml`);
  const [own, like] = await Promise.all(
    [file, path.join(import.meta.dirname, '..', '..', 'catalog', 'openagents-runtime.yaml')].map(
      async (one) => parse(await readFile(one, 'utf8'), { merge: true }) as z.input<typeof catalogFile>,
    ),
  );
  const cluster = like?.environments['cluster'];
  if (!own || cluster?.target.kind !== 'kubernetes') throw new Error('the catalog has no cluster');
  const target = { ...cluster.target, url: 'http://127.0.0.1:1' };
  own.environments['cluster'] = { ...cluster, target };
  await writeFile(file, stringify(own, { aliasDuplicateObjects: false }));
  const kubeconfig = path.join(prepared.description.dir, 'silent.kubeconfig');
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(outside.urlOf('kubernetes'))));
  const worker = await startWorker(prepared, outside, { KUBECONFIG: kubeconfig });
  await prepared.runs.complete('deploy', {
    ...{ service: name, environment: 'production', requestedBy: owner },
    commit: prepared.commitOf('openagents-runtime', 'good'),
  });
  expect(worker.log).toContain('worker ready');
}

function kubeconfigOf(server: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'silent' },
    clusters: [{ name: 'silent', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'silent', user: { token: 'of-a-test' } }],
    contexts: [{ name: 'silent', context: { cluster: 'silent', user: 'silent' } }],
  };
}
