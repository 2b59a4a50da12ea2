import type { EnvironmentStatus } from '../../contract/environment.ts';
import { failedGateCause, incidentWorkflowId } from '../../contract/ids.ts';
import { messageNames, queryNames } from '../../contract/messages.ts';
import { eventually } from '../until.ts';
import type { ChangeHandle } from '../workflows/harness.ts';
import {
  endByWord,
  episodeOf,
  fire,
  openByAlert,
  openIncident,
  say,
  tellAlerts,
  untilIncident,
  untilTriaged,
  type IncidentHandle,
} from '../workflows/incident-runs.ts';
import { deployOf, release, untilWaitingFor } from '../workflows/runs.ts';
import { people, signed } from '../workflows/signing.ts';
import { clusterTarget, commits, noApprovals, World } from '../workflows/world.ts';
import { ended, type Shape, type Stage } from './shape.ts';

type Settings = NonNullable<ConstructorParameters<typeof World>[0]>;

const rules = {
  quietMinutes: 0.05,
  acknowledgeWithinMinutes: { 'SEV-1': 0.05, 'SEV-2': 0.05, 'SEV-3': 60 },
  updateEveryMinutes: { 'SEV-1': 0.1, 'SEV-2': 0.1, 'SEV-3': 60 },
};
const notifications = {
  oncall: { kind: 'slack', token: { secret: 'bot-token' }, channel: 'C0123456789' },
  pager: { kind: 'pagerDuty', routingKey: { secret: 'routing-key' } },
};
const request = (frozen: boolean) => ({ method: 'PUT', path: '/writes', body: { frozen }, timeoutSeconds: 5 });
const trafficSwitches = {
  search: {
    description: 'no search',
    disable: request(true),
    enable: request(false),
    check: { path: '/writes', timeoutSeconds: 5, pointer: '/frozen', disabled: true, enabled: false },
  },
};

const worldOf = (more: object = {}) =>
  new World({ approvals: noApprovals, incidents: rules, ...more } as unknown as Settings);

/** Keeps the history of an incident that has ended. */
function over(run: IncidentHandle, name: string, keep: Stage['keep']): Promise<void> {
  return ended(run as unknown as ChangeHandle, name, keep);
}

/** Waits until the first mitigation has ended. */
const mitigated = (run: IncidentHandle) =>
  untilIncident(run, 'the mitigation has ended', ({ mitigations }) => Boolean(mitigations[0]?.endedAt));

/** Ways through an incident. */
export const incidentShapes: readonly Shape[] = [
  {
    names: ['incident-messages-signed'],
    patches: ['incident-messages-signed'],
    world: () => new World({ approvals: signed }, people),
    async play({ world, start, keep }) {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'resolve', { falseAlarm: true }).catch(() => undefined);
      await run.cancel();
      await over(run, 'incident-messages-signed', keep);
    },
  },
  {
    names: ['incident-resolved'],
    patches: ['incident-messages-signed'],
    world: () => worldOf({ notifications }),
    async play({ world, start, keep }) {
      await release(start, world);
      await release(start, world, { commit: commits.bad });
      const alert = episodeOf();
      fire(world, alert);
      const run = await openByAlert(start, world, alert);
      await untilIncident(run, 'further people are called', ({ escalations }) => escalations > 0);
      await untilTriaged(run);
      await say(run, 'acknowledge', { note: 'I am on it' });
      await say(run, 'communicate', { text: 'streams break off; we roll back' });
      await say(run, 'mitigate');
      await mitigated(run);
      await say(run, 'followUp', { text: 'an alert on tails', owner: 'team-observability', dueAt: '2999-03-08' });
      fire(world);
      await tellAlerts(run, { ...alert, status: 'resolved', endsAt: new Date().toISOString() });
      await say(run, 'resolve');
      await over(run, 'incident-resolved', keep);
    },
  },
  {
    names: ['incident-symptom-comes-back'],
    world: worldOf,
    async play({ world, start, keep }) {
      const alert = episodeOf();
      fire(world, alert);
      const run = await openByAlert(start, world, alert);
      await untilTriaged(run);
      await say(run, 'resolve');
      await untilIncident(run, 'it is looked at', ({ phase }) => phase === 'verifying');
      const further = episodeOf({ fingerprint: 'a2' });
      fire(world, alert, further);
      await tellAlerts(run, further);
      await untilTriaged(run);
      fire(world);
      await say(run, 'resolve');
      await over(run, 'incident-symptom-comes-back', keep);
    },
  },
  {
    names: ['incident-false-alarm', 'environment-frozen-by-incident', 'deploy-waits-for-incident'],
    world: worldOf,
    async play({ world, start, environment, keep }) {
      await release(start, world);
      const run = await openIncident(start, world, { severity: 'SEV-1' });
      await eventually('frozen', async () => {
        const { freeze } = await environment.query<EnvironmentStatus>(queryNames.status);
        return freeze !== null;
      });
      const deploy = await start('deploy', deployOf(world));
      await untilWaitingFor(deploy, 'freeze');
      await untilTriaged(run);
      await say(run, 'resolve', { falseAlarm: true });
      await over(run, 'incident-false-alarm', keep);
      await ended(deploy, 'deploy-waits-for-incident', keep);
      keep('environment-frozen-by-incident', environment.workflowId);
    },
  },
  {
    names: ['incident-rejected'],
    world: worldOf,
    async play({ world, start, keep }) {
      await over(await openByAlert(start, world, episodeOf()), 'incident-rejected', keep);
    },
  },
  {
    names: ['incident-classified-and-cancelled'],
    world: worldOf,
    async play({ world, start, keep }) {
      const run = await openIncident(start, world, { severity: 'SEV-3' });
      await untilTriaged(run);
      await say(run, 'classify', { severity: 'SEV-1', category: 'streamCompletion' });
      await untilIncident(run, 'looks of the category', ({ checklist }) => checklist.length > 0);
      await run.cancel();
      await over(run, 'incident-classified-and-cancelled', keep);
    },
  },
  {
    names: ['incident-mitigation-failed'],
    world: worldOf,
    async play({ world, start, keep }) {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'mitigate', { to: 'c0000000000' });
      await mitigated(run);
      await endByWord(run);
      keep('incident-mitigation-failed', run.workflowId);
    },
  },
  {
    names: ['incident-restarts', 'restart'],
    world: () => worldOf({ target: clusterTarget }),
    async play({ world, start, keep }) {
      await release(start, world);
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'mitigate', { action: 'restart' });
      const { mitigations } = await mitigated(run);
      keep('restart', mitigations[0]?.workflowId ?? '');
      await endByWord(run);
      keep('incident-restarts', run.workflowId);
    },
  },
  {
    names: ['incident-disables-traffic', 'switch-traffic'],
    world: () => worldOf({ trafficSwitches }),
    async play({ world, start, keep }) {
      await release(start, world);
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'mitigate', { action: 'disableTraffic', switch: 'search' });
      const { mitigations } = await mitigated(run);
      keep('switch-traffic', mitigations[0]?.workflowId ?? '');
      await endByWord(run);
      keep('incident-disables-traffic', run.workflowId);
    },
  },
  {
    names: ['incident-of-change', 'deploy-taken-back-opens-incident'],
    world: worldOf,
    async play({ world, start, keep, incident }) {
      await release(start, world);
      const again = { name: 'again', method: 'GET', path: '/healthz', status: [418], timeoutSeconds: 5 };
      world.entry = { ...world.entry, settings: { ...world.entry.settings, verification: [again] } } as World['entry'];
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      await ended(deploy, 'deploy-taken-back-opens-incident', keep);
      const run = incident(incidentWorkflowId(world.service, 'staging', failedGateCause));
      await untilTriaged(run);
      await endByWord(run);
      keep('incident-of-change', run.workflowId);
    },
  },
  {
    names: ['incident-hands-on', 'incident-succeeds'],
    world: () => worldOf({ notifications }),
    async play({ world, start, keep, incident }) {
      const { promise: toldOfTheEnd, resolve: letGo } = Promise.withResolvers<void>();
      world.people.before = async (_kind, { notification }) =>
        notification.event === 'resolved' ? toldOfTheEnd : undefined;
      const alert = episodeOf();
      fire(world, alert);
      const { workflowId } = await openByAlert(start, world, alert);
      const { runId } = await incident(workflowId).describe();
      const run = incident(workflowId, runId);
      await untilTriaged(run);
      await say(run, 'resolve', { falseAlarm: true });
      await untilIncident(run, 'over', ({ phase }) => phase === 'done');
      const late = episodeOf({ fingerprint: 'b2', name: 'Other', startsAt: new Date().toISOString() });
      fire(world, alert, late);
      await run.signal(messageNames.alerts, { episodes: [alert, late] });
      await untilIncident(run, 'heard', ({ alerts }) => alerts[0]?.told === 2);
      letGo();
      keep('incident-hands-on', workflowId, runId);
      const next = incident(workflowId);
      await untilIncident(next, 'the next one', ({ phase, alerts }) =>
        Boolean(phase === 'responding' && alerts.some(({ fingerprint }) => fingerprint === 'b2')),
      );
      await endByWord(next);
      keep('incident-succeeds', workflowId);
    },
  },
];
