import { Context } from '@temporalio/activity';
import type { ChannelEntry, SecretReference } from '../contract/catalog/notifications.ts';
import type { TargetEntry } from '../contract/catalog/targets/index.ts';
import type { Notification } from '../contract/notification.ts';
import { runLink } from '../contract/run-link.ts';
import { finalFailure, passingFailure } from './failure.ts';
import { SecretReader } from './redaction/secret-reader.ts';
import { withHeartbeat } from './heartbeat.ts';
import { activityRedaction } from './redaction/activity-redaction.ts';
import { hideCredentials } from './redaction/credentials.ts';
import { Silence, withTimeLimit } from './incident/time-limit.ts';
import type { Ports } from './ports/index.ts';
import type { Delivery, Messenger, Told } from './ports/notifications.ts';

export interface NotifyRequest {
  /** The target whose platform holds the secrets of the channel. */
  target: TargetEntry;
  channel: ChannelEntry;
  notification: Notification;
  thread: string | null;
  /** True if an earlier call about the same subject has failed: something of it may have been told. */
  mayBeTold: boolean;
}

type NotifyPorts = Pick<Ports, 'connection' | 'messengers' | 'secrets' | 'workerSecrets'>;

/** The longest of one attempt, below the limit in workflows/run/activities.ts. */
const limitMs = 40_000;
const maxFailureLength = 300;

/** Tells people through one channel. */
export function createNotifyActivities(ports: NotifyPorts) {
  return {
    /** Tells one notification once, as far as the platform allows it. Neither text nor failure has a secret. */
    notify: async (request: NotifyRequest): Promise<Told> =>
      withHeartbeat((_progress, signal) => tell(request, ports, signal)),
  };
}

async function tell(
  { target, channel, notification, thread, mayBeTold }: NotifyRequest,
  { connection, messengers, secrets, workerSecrets }: NotifyPorts,
  whole: AbortSignal,
): Promise<Told> {
  const reader = new SecretReader(secrets, target);
  const { attempt, workflowExecution } = Context.current().info;
  const { workflowId, runId } = workflowExecution ?? { workflowId: notification.subject.workflowId, runId: '' };
  const delivery: Omit<Delivery, 'signal'> = {
    channel,
    notification: withoutCredentials(notification),
    link: runLink(connection, workflowId, runId) ?? null,
    thread,
    isRepeat: mayBeTold || attempt > 1,
    secret: (reference) => readSecret(reference, reader, workerSecrets),
  };
  const messenger = messengers[channel.kind] as Messenger;
  try {
    const { missed = [], ...told } = await withTimeLimit(limitMs, whole, (signal) =>
      messenger.tell({ ...delivery, signal }),
    );
    return { ...told, ...(missed.length > 0 && { missed: missed.map((line) => cut(reader.redact(line))) }) };
  } catch (error) {
    whole.throwIfAborted();
    if (error instanceof Silence) throw passingFailure(error.message);
    throw withoutSecrets(error, reader);
  }
}

/** Reads a secret of the target's platform, or a variable of the worker, and keeps it for the redaction. */
export async function readSecret(
  reference: SecretReference,
  reader: SecretReader,
  workerSecrets: Ports['workerSecrets'],
): Promise<string> {
  if ('secret' in reference) return reader.read(reference);
  const value = workerSecrets.read(reference.variable);
  if (value === null)
    throw finalFailure('Missing', `the worker has no variable ${reference.variable}: set it and start the worker anew`);
  reader.keep(value);
  return value;
}

/** Hides what is secret or looks like it: alerts, notes and outcomes are texts of others. */
function withoutCredentials(notification: Notification): Notification {
  const { caution, facts, subject, what } = notification;
  const hide = (text: string): string => hideCredentials(activityRedaction().foreign(text));
  return {
    ...notification,
    subject: { ...subject, title: hide(subject.title) },
    what: hide(what),
    caution: caution === null ? null : hide(caution),
    facts: facts.map(({ name, text }) => ({ name, text: hide(text) })),
  };
}

/**
 * Takes the secrets out of a failure, stack included: a service may echo what it was sent. It is cut afterwards only:
 * half a secret would not be found. Its kind stays.
 */
export function withoutSecrets(error: unknown, reader: SecretReader): unknown {
  if (!(error instanceof Error)) return error;
  const message = cut(reader.redact(error.message));
  return message === error.message ? error : Object.assign(error, { message, stack: message });
}

function cut(text: string): string {
  return text.slice(0, maxFailureLength);
}
