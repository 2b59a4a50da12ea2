import { Status } from 'google-gax';
import type { StepFailureType } from '../../contract/failures.ts';
import type { WorkerPermission } from '../../contract/google-rights.ts';
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
 * Predefined roles by the permissions that they have, the narrowest that we know. Those of runbook 002, section 2 are
 * among them, but for Cloud Run its Developer, which has all but two. Platform: IAM, roles and permissions.
 */
const roles: readonly (readonly [permission: RegExp, role: string])[] = [
  [/\brun\.(services\.setIamPolicy|builds\.\w+)/, 'roles/run.admin (Cloud Run Admin)'],
  [/\brun\.routes\.invoke\b/, 'roles/run.invoker (Cloud Run Invoker)'],
  [/\brun\.\w+\.\w+/, 'roles/run.developer (Cloud Run Developer)'],
  [/\bartifactregistry\.\w+\.upload\w+/, 'roles/artifactregistry.writer (Artifact Registry Writer)'],
  [/\bartifactregistry\.\w+\.\w+/, 'roles/artifactregistry.reader (Artifact Registry Reader)'],
  [/\bsecretmanager\.versions\.access\b/, 'roles/secretmanager.secretAccessor (Secret Manager Secret Accessor)'],
  [
    /\bsecretmanager\.versions\.(add|disable|enable|destroy)\b/,
    'roles/secretmanager.secretVersionManager (Secret Manager Secret Version Manager)',
  ],
  [/\bsecretmanager\.\w+\.\w+/, 'roles/secretmanager.viewer (Secret Manager Viewer)'],
  [/\bcloudbuild\.\w+\.\w+/, 'roles/cloudbuild.builds.editor (Cloud Build Editor)'],
  [
    /\bcontaineranalysis\.\w+\.\w+/,
    'roles/containeranalysis.occurrences.viewer (Container Analysis Occurrences Viewer)',
  ],
  [/\blogging\.\w+\.\w+/, 'roles/logging.viewer (Logs Viewer)'],
  [
    /\biam\.serviceaccounts\.actas\b/i,
    'roles/iam.serviceAccountUser (Service Account User) on the account that the service or the build runs as',
  ],
  [/\bstorage\.objects\.create\b/, 'roles/storage.objectCreator (Storage Object Creator) on the bucket'],
  [/\bstorage\.objects\.(get|list)\b/, 'roles/storage.objectViewer (Storage Object Viewer) on the bucket'],
  [/\bstorage\.objects\.\w+/, 'roles/storage.objectUser (Storage Object User) on the bucket'],
];

/** Finds the role whose permission a refusal names, such as `Permission 'run.services.update' denied`. */
export function roleFor(message: string): string | undefined {
  return roles.find(([permission]) => permission.test(message))?.[1];
}

/**
 * Makes a call whose refusal does not say what is missing: Cloud Build and a registry say no more than that the caller
 * may not. `permission` is what the call needs.
 */
export async function needing<T>(permission: WorkerPermission, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CallError && error.code === Status.PERMISSION_DENIED) lacking.set(error, permission);
    throw error;
  }
}

/** What the calls needed that were refused without a word of it. */
const lacking = new WeakMap<CallError, WorkerPermission>();

/** Says what to grant; empty if neither the refusal nor the call says what is missing. */
function grantFor(error: CallError): string {
  const role = roleFor(error.message);
  if (role) return `; grant ${role} to the account of the worker`;
  const permission = lacking.get(error);
  if (permission === undefined) return '';
  return `; it needs the permission ${permission}: grant ${roleFor(permission)} to the account of the worker`;
}

/** Runs a port's method and classifies its errors. Nothing outside this folder knows a gRPC status. */
export const classified = classifier(asFailure);

/** Makes the failure that an activity ends with. An error that is no call's is passed on. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof CallError)) return error;
  const { code, retryDelayMs } = error;
  const grant = code === Status.PERMISSION_DENIED ? grantFor(error) : '';
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
