import { eventually } from '../../until.ts';
import { statusOfIncident, type IncidentHandle } from '../../workflows/incident-runs.ts';
import { editCatalog, ended, nothingOnHold, released, releasedTwice } from './preparations.ts';
import type { Preparation, Section } from './section.ts';
import { succeeded } from './world.ts';

const service = 'openagents-runtime';
const environment = 'production';
const incident = `incident/${service}/${environment}/tool-failures`;
const theIncident = (): string => incident;

/** Somebody has opened an incident. */
const opened: Preparation = async ({ shell }) =>
  succeeded(
    await shell.paste(
      `./slipway incident open ${service} --environment ${environment} --title 'tools fail' --category toolFailures`,
    ),
  );

/** It is over, however: it was none. */
const closed: Preparation = async (world) => {
  succeeded(await world.shell.paste(`./slipway incident resolve ${incident} --false-alarm`));
  await ended(world, incident);
};

/** Waits until all that the incident has started is done. */
const mitigated: Preparation = async ({ sandbox: { runs } }) => {
  const isDone = async (): Promise<boolean> => {
    const { mitigations } = await statusOfIncident(runs.get(incident) as unknown as IncidentHandle);
    return mitigations.length > 0 && mitigations.every(({ endedAt }) => endedAt !== null);
  };
  await eventually('the mitigation has ended', isDone, 120_000, 300);
};

/** Waits until no path of traffic is disabled, and nothing holds production; the incident freezes it still. */
const untilEnabled: Preparation = async ({ sandbox: { runs } }) => {
  const isEnabled = async (): Promise<boolean> => {
    const { disabledTraffic, holder } = await runs.environment(service);
    return disabledTraffic?.length === 0 && holder === null;
  };
  await eventually('all traffic is enabled', isEnabled, 60_000, 300);
};

/**
 * The sample has no path of traffic that could be disabled. A record of it stands in for one, with a state that is
 * changed and read back over HTTP.
 */
const hasSwitch: Preparation = async (world) => {
  const { uri } = await world.sandbox.platform.service(service);
  const post = async (path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(new URL(path, uri ?? ''), { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  };
  const events = '/internal/v1/runs/search/events';
  await post('/internal/v1/runs', { run_id: 'search', owner: 'switch' });
  await post(events, { type: 'run.started' });
  await editCatalog(world, service, ({ environments }) => {
    Object.assign(environments[environment] ?? {}, {
      trafficSwitches: {
        search: {
          description: 'no search in runs',
          disable: { method: 'POST', path: events, body: { type: 'run.cancelled' } },
          enable: { method: 'POST', path: events, body: { type: 'run.started' } },
          check: {
            path: '/internal/v1/runs/search',
            pointer: '/run/status',
            disabled: 'cancelled',
            enabled: 'running',
          },
        },
      },
    });
  });
};

/** Alerts and incidents, in a sandbox with monitoring. */
export const incidentSections: Section[] = [
  {
    document: 'docs/alerts.md',
    heading: 'In the sandbox',
    commands: 4,
    special: [{ command: /sandbox up/, opens: true }],
  },
  {
    document: 'docs/alerts-receiver.md',
    heading: 'The receiver of alerts',
    commands: 2,
    special: [{ command: /slipway alerts/, stays: /alerts at http/ }],
  },
  {
    document: 'docs/incidents/report.md',
    heading: 'The report of an incident',
    commands: 3,
    before: async (world) => {
      await releasedTwice(world);
      await opened(world);
    },
    special: [
      { command: /--html/, with: [['<run>', theIncident]] },
      { command: /--json/, with: [['<run>', theIncident]] },
    ],
  },
  {
    document: 'docs/incidents/report.md',
    heading: 'Follow-ups',
    commands: 2,
    special: [{ command: /follow-up/, with: [['<run>', theIncident]] }],
  },
  {
    document: 'docs/incidents/README.md',
    heading: 'In the night',
    commands: 5,
    special: [{ command: /mitigate/, after: mitigated }],
    after: async (world) => ended(world, incident),
  },
  {
    document: 'docs/operating/restart.md',
    heading: 'Restarting',
    commands: 3,
    special: [
      { command: /--watch/, said: /done restarted/ },
      { command: /mitigate/, before: opened, after: mitigated },
      { command: /workflow start/, after: async ({ sandbox }) => sandbox.runs.get('restart-1').result() },
    ],
    after: closed,
  },
  {
    document: 'docs/operating/traffic.md',
    heading: 'Disabling a path of traffic',
    commands: 2,
    // An incident knows the catalog of its beginning.
    before: async (world) => {
      await hasSwitch(world);
      await opened(world);
    },
    special: [
      { command: /mitigate/, after: mitigated },
      { command: /switch-traffic/, after: untilEnabled },
    ],
    after: closed,
  },
  {
    document: 'docs/runbooks/README.md',
    heading: 'What always helps',
    commands: 2,
    before: async (world) => {
      await nothingOnHold(world);
      await released(world, 'compatible-migration');
      await opened(world);
    },
    special: [{ command: /mitigate/, after: mitigated }],
    after: async (world) => ended(world, incident),
  },
];
