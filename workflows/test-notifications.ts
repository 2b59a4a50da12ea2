import { isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { ChannelEntry } from '../contract/catalog/notifications.ts';
import { nextOn, type ChannelTrial } from '../contract/channel-trial.ts';
import { changeId } from '../contract/ids.ts';
import { testNotificationsInput, type TestNotificationsInput } from '../contract/inputs.ts';
import { notificationKey, type Notification } from '../contract/notification.ts';
import { rolesOf } from '../contract/people.ts';
import { countOf } from '../contract/plan.ts';
import { verdictOf } from '../contract/verdict.ts';
import { lookups, trying } from './run/activities.ts';
import { slipwayCommand } from './run/commands.ts';
import { describeNextSteps } from './run/details.ts';
import { applicationFailure, asOutcome, ending, isExpected, messageOf } from './run/failures.ts';
import { now } from './run/journal.ts';
import { parseStart } from './run/messages.ts';
import { publishAttributes } from './run/publication.ts';

export interface TrialReport {
  service: string;
  environment: string;
  channels: ChannelTrial[];
}

/**
 * Sends one message through each channel of an environment, whatever it is told otherwise, and says what became of it.
 * A page is none of them. Fails as `Unhealthy` when a channel has not taken it; the failure's details have all.
 */
export async function testNotifications(raw: unknown): Promise<TrialReport & { outcome: string }> {
  const input = parseStart(testNotificationsInput, raw);
  const { service, environment } = input;
  const { entry, searchAttributes } = await lookups.resolve({ service, environment }).catch(asOutcome);
  publishAttributes({ SlipwayService: service, SlipwayEnvironment: environment }, searchAttributes);
  const channels = await Promise.all(
    chosenChannels(entry, input).map(([name, channel]) => tryChannel(entry, name, channel, input.requestedBy)),
  );
  const taken = channels.filter(({ verdict }) => verdict === 'pass').length;
  const outcome = `${taken} of ${countOf(channels.length, 'channel')} took the message`;
  setCurrentDetails(describeNextSteps(channels, `${service} in ${environment}: ${outcome}`));
  const report = { service, environment, channels };
  if (verdictOf(channels) === 'pass') return { outcome: `${service} in ${environment}: ${outcome}`, ...report };
  throw ending('Unhealthy', `${service} in ${environment}: ${outcome}`, undefined, [report]);
}

/** Answers the channels that are meant; refuses strangers, who have nothing to tell these people. */
function chosenChannels(
  { owners, settings }: CatalogEntry,
  { service, environment, channel, requestedBy }: TestNotificationsInput,
): [string, ChannelEntry][] {
  if (rolesOf(owners, Object.keys(owners), requestedBy).length === 0)
    throw ending('InvalidInput', `requestedBy: ${requestedBy} holds no role of ${service}`);
  const all = Object.entries(settings.notifications ?? {});
  if (all.length === 0)
    throw ending('InvalidInput', `environment: ${environment} of ${service} has no channel under notifications`);
  const chosen = all.filter(([name]) => channel === undefined || name === channel);
  if (chosen.length > 0) return chosen;
  const known = all.map(([name]) => name).join(', ');
  throw ending('InvalidInput', `channel: ${channel} is no channel of ${environment} of ${service}; known: ${known}`);
}

async function tryChannel(
  entry: CatalogEntry,
  name: string,
  channel: ChannelEntry,
  requestedBy: string,
): Promise<ChannelTrial> {
  const { kind } = channel;
  const notification = trialOf(entry, name, channel, requestedBy);
  const request = { target: entry.settings.target, channel, notification, thread: null, mayBeTold: false };
  try {
    const { missed = [] } = await trying(`try ${name} (${kind})`).notify(request);
    if (missed.length === 0) return { name, kind, verdict: 'pass', reason: 'took the message', next: null };
    const reason = `took the message, but not for ${missed.join('; ')}`;
    return { name, kind, verdict: 'fail', reason, next: nextOn(name, channel, 'BadRequest') };
  } catch (error) {
    if (isCancellation(error) || !isExpected(error)) throw error;
    const failure = applicationFailure(error)?.type ?? 'Unavailable';
    return { name, kind, verdict: 'fail', reason: messageOf(error), next: nextOn(name, channel, failure) };
  }
}

/** Writes the test. What would go to the people of roles goes to the person who tries it, and to nobody else. */
function trialOf(
  { service, environment, owners }: CatalogEntry,
  name: string,
  channel: ChannelEntry,
  requestedBy: string,
): Notification {
  const { firstExecutionRunId, workflowId, startTime } = workflowInfo();
  const id = `${changeId(firstExecutionRunId)}-${name}`;
  const roles = (channel.kind === 'email' ? channel.roles : undefined) ?? Object.keys(owners);
  return {
    key: notificationKey(id, 1, 'test'),
    event: 'test',
    at: now(),
    subject: {
      kind: 'environment',
      id,
      workflowId,
      service,
      environment,
      matter: 'test',
      title: `channel ${name}`,
      openedAt: startTime.toISOString(),
      standing: 'tried',
    },
    what: `a test by ${requestedBy}: nothing has happened, and nobody has to do anything`,
    caution: null,
    facts: [{ name: 'channel', text: `${name} (${channel.kind})` }],
    command: slipwayCommand('environment show', { environment }, service),
    asked: roles.slice(0, 1).map((role) => ({ role, people: [requestedBy] })),
  };
}
