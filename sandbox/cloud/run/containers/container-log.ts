import type { Cloud, LogEntryInput, LogHttpRequest, Severity } from '../../core/cloud.ts';
import { shortName } from '../resources/names.ts';
import { StackTraces } from './stack-traces.ts';

type Resource = LogEntryInput['resource'];

const severities = new Set<string>([
  'DEFAULT',
  'DEBUG',
  'INFO',
  'NOTICE',
  'WARNING',
  'ERROR',
  'CRITICAL',
  'ALERT',
  'EMERGENCY',
]);

/** Writes entries with one container's resource and labels. */
export interface ContainerLog {
  line(stream: 'stdout' | 'stderr', text: string): void;
  system(severity: Severity, text: string): void;
  request(request: LogHttpRequest, trace: string, at: Date): void;
  /** Writes the platform's own note on a changed condition, an audit entry of system events. */
  systemEvent(severity: Severity, message: string): void;
}

/** Opens a revision's log. Platform: labels of the monitored resource `cloud_run_revision`. */
export function revisionLog(cloud: Cloud, serviceName: string, revisionName: string): ContainerLog {
  const service = shortName(serviceName);
  const labels = {
    project_id: cloud.project,
    service_name: service,
    revision_name: shortName(revisionName),
    configuration_name: service,
    location: cloud.region,
  };
  return containerLog(cloud, { type: 'cloud_run_revision', labels }, {});
}

/** Opens a task's log. Platform: labels of the monitored resource `cloud_run_job`, and of a task's entries. */
export function taskLog(
  cloud: Cloud,
  jobName: string,
  executionName: string,
  index: number,
  attempt: number,
): ContainerLog {
  const resource = {
    type: 'cloud_run_job',
    labels: { project_id: cloud.project, job_name: shortName(jobName), location: cloud.region },
  };
  return containerLog(cloud, resource, {
    'run.googleapis.com/execution_name': shortName(executionName),
    'run.googleapis.com/task_index': String(index),
    'run.googleapis.com/task_attempt': String(attempt),
  });
}

function containerLog(cloud: Cloud, resource: Resource, labels: Record<string, string>): ContainerLog {
  const write = (logName: string, rest: Partial<LogEntryInput>): void =>
    cloud.logs.write({ logName, resource, labels, timestamp: new Date(), ...rest });
  const traces = new StackTraces((text, isTrace, timestamp) =>
    write('run.googleapis.com/stderr', { ...payloadOf(text), timestamp, ...(isTrace && { severity: 'ERROR' }) }),
  );
  return {
    line: (stream, text) => {
      if (text === '') return;
      if (stream === 'stderr' && cloud.world.now.tracesAsOne) traces.add(text);
      else write(`run.googleapis.com/${stream}`, payloadOf(text));
    },
    system: (severity, textPayload) => {
      // The end of a container is its last entry.
      traces.flush();
      write('run.googleapis.com/varlog/system', { severity, textPayload });
    },
    request: (httpRequest, trace, timestamp) =>
      write('run.googleapis.com/requests', { severity: severityOf(httpRequest.status), httpRequest, trace, timestamp }),
    systemEvent: (severity, message) =>
      write('cloudaudit.googleapis.com/system_event', {
        severity,
        jsonPayload: {
          '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
          serviceName: 'run.googleapis.com',
          status: { message },
          message,
        },
      }),
  };
}

function severityOf(status: number): Severity {
  if (status >= 500) return 'ERROR';
  return status >= 400 ? 'WARNING' : 'INFO';
}

/**
 * Reads a line of output. Platform: a JSON object becomes the entry's jsonPayload, and its special fields the entry's
 * own.
 */
function payloadOf(text: string): Partial<LogEntryInput> {
  const parsed = text.startsWith('{') ? parseObject(text) : undefined;
  if (!parsed) return { textPayload: text };
  const {
    severity,
    'logging.googleapis.com/trace': trace,
    'logging.googleapis.com/spanId': spanId,
    ...payload
  } = parsed;
  const name = typeof severity === 'string' ? severity.toUpperCase() : '';
  return {
    ...(severities.has(name) && { severity: name as Severity }),
    ...(typeof trace === 'string' && { trace }),
    ...(typeof spanId === 'string' && { spanId }),
    jsonPayload: payload,
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
