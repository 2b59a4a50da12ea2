import type { LoggedError } from './error.ts';

/** Fields that are the same on each line, that the id of the run has in it, or that only a program can use. */
const known = [
  ...['level', 'time', 'msg', 'sdkComponent', 'taskQueue', 'namespace', 'workflowId', 'workflowType', 'runId'],
  ...['workflowRunId', 'activityId', 'taskToken', 'durationMs'],
];

/** Writes the text of a line for people: what happened, to which run, and why. */
export function lineText(fields: Record<string, unknown>): string {
  const { error, msg, workflowId, ...others } = fields;
  const rest = Object.entries(others).filter(([name, value]) => !known.includes(name) && value !== undefined);
  return [
    [msg, workflowId].filter((part) => typeof part === 'string' && part !== '').join(' '),
    ...(error === undefined ? [] : [`  ${errorText(error)}`]),
    ...rest.map(([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
  ].join('\n');
}

function errorText(error: unknown): string {
  if (!isLogged(error)) return typeof error === 'string' ? error : JSON.stringify(error);
  const { cause, message, stack, type } = error;
  const own = stack ?? (type === 'ApplicationFailure' ? message : `${type}: ${message}`);
  return cause ? `${own}\n  caused by ${errorText(cause)}` : own;
}

function isLogged(error: unknown): error is LoggedError {
  return typeof error === 'object' && error !== null && 'type' in error && 'message' in error;
}
