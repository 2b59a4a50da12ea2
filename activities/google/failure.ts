import { Status } from 'google-gax';
import type { StepFailureType } from '../../contract/failures.ts';
import { classifier, finalFailure, passingFailure, signInFailure } from '../failure.ts';
import { CallError } from './call.ts';

const retryable: ReadonlySet<Status> = new Set([
  Status.CANCELLED,
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
  Status.ABORTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
]);

const finalTypes: Readonly<Record<number, StepFailureType>> = {
  [Status.INVALID_ARGUMENT]: 'BadRequest',
  [Status.NOT_FOUND]: 'Missing',
  [Status.ALREADY_EXISTS]: 'BadRequest',
  [Status.PERMISSION_DENIED]: 'Denied',
  [Status.FAILED_PRECONDITION]: 'BadRequest',
  [Status.OUT_OF_RANGE]: 'BadRequest',
  [Status.UNIMPLEMENTED]: 'BadRequest',
};

/**
 * Roles that have the permissions of a service, by the words before the dot. Those of runbook 002, section 2 are among
 * them. Platform: IAM, roles and permissions.
 */
const roles: Readonly<Record<string, string>> = {
  run: 'roles/run.admin (Cloud Run Admin)',
  artifactregistry: 'roles/artifactregistry.writer (Artifact Registry Writer)',
  secretmanager: 'roles/secretmanager.secretAccessor (Secret Manager Secret Accessor)',
  cloudbuild: 'roles/cloudbuild.builds.editor (Cloud Build Editor)',
  logging: 'roles/logging.viewer (Logs Viewer)',
  iam: 'roles/iam.serviceAccountUser (Service Account User) on the account that the service or the build runs as',
};

/** Finds the role whose permission a refusal names, such as `Permission 'run.services.update' denied`. */
function roleFor(message: string): string | undefined {
  const [, service = ''] =
    /\b(run|artifactregistry|secretmanager|cloudbuild|logging|iam)\.\w+\.\w+/i.exec(message) ?? [];
  return roles[service.toLowerCase()];
}

/** Runs a port's method and classifies its errors. Nothing outside this folder knows a gRPC status. */
export const classified = classifier(asFailure);

/** Makes the failure that an activity ends with. An error that is no call's is passed on. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof CallError)) return error;
  const { code, retryDelayMs } = error;
  const role = code === Status.PERMISSION_DENIED ? roleFor(error.message) : undefined;
  const grant = role ? `; grant ${role} to the account of the worker` : '';
  const message = `${error.message} (${Status[code] ?? `status ${code}`})${grant}`;
  if (code === Status.UNAUTHENTICATED) return signInFailure(message);
  if (retryable.has(code))
    return passingFailure(message, { askedMs: retryDelayMs, isQuota: code === Status.RESOURCE_EXHAUSTED });
  return finalFailure(finalTypes[code] ?? 'Unknown', message);
}

export function isCode(error: unknown, ...codes: Status[]): boolean {
  return error instanceof CallError && codes.includes(error.code);
}

/** Says whether the answer is missing, so that nobody knows what the call did or still will do. */
export function isOutcomeUnknown(error: unknown): boolean {
  return isCode(error, Status.DEADLINE_EXCEEDED, Status.UNAVAILABLE, Status.CANCELLED, Status.UNKNOWN, Status.INTERNAL);
}

/** Says whether asking again soon may help, between two reads of something that goes on anyway. */
export function isPassing(error: unknown): boolean {
  return error instanceof CallError && retryable.has(error.code);
}
