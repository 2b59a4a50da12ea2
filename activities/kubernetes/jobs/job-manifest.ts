import type { V1Container, V1Job, V1PodTemplateSpec } from '@kubernetes/client-node';
import { sha256 } from '../../../catalog/canonical-json.ts';
import type { Marker } from '../../../contract/fence.ts';
import { ownPrefix } from '../../fence.ts';
import type { RunJobRequest } from '../../ports/target.ts';
import { workloadLabel } from '../manifests/annotations.ts';

/** Labels of our Jobs, by which daily checks and people find them. */
export const jobLabels = { workload: workloadLabel, purpose: `${ownPrefix}purpose` } as const;

/** What a Job of ours is for. */
export type JobPurpose = 'migration' | 'smoke' | 'evidence';

export interface JobRequest {
  name: string;
  namespace: string;
  workload: string;
  purpose: JobPurpose;
  /** Pod template of the workload, or of a Job of the overlay: this one has its variables, secrets and account. */
  template: V1PodTemplateSpec;
  /** Container of the template that the Job runs. */
  container: string;
  image: string;
  command: Pick<RunJobRequest, 'command' | 'args' | 'timeoutSeconds'>;
  annotations: Record<string, string>;
}

/**
 * What a pod may need beyond its time limit: to be given a node before, and to end after. Less than a rollback waits
 * for a migration that is late (workflows/change/migration/deadline.ts).
 */
const aroundRunSeconds = 60;

/**
 * Makes a Job that runs one command once: suspended, without retries, and without a time to live, so that its end and
 * its log can be read (ADR 0027). The time limit is the pod's, which stays when it is over: a Job deletes its pod, and
 * the log with it (platform: Kubernetes, Job termination). The Job's own limit is for a pod that never starts.
 */
export function jobManifest(request: JobRequest): V1Job {
  const { name, namespace, template, command, annotations } = request;
  const labels = { [jobLabels.workload]: request.workload, [jobLabels.purpose]: request.purpose };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels, annotations },
    spec: {
      suspend: true,
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: command.timeoutSeconds + aroundRunSeconds,
      template: {
        metadata: { labels, annotations: template.metadata?.annotations ?? {} },
        spec: {
          ...onlyForOneRun(template),
          activeDeadlineSeconds: command.timeoutSeconds,
          restartPolicy: 'Never',
          containers: [containerOf(request)],
        },
      },
    },
  };
}

/** Keeps of the pod's settings what a single run needs: no probes, ports or spread over nodes. */
function onlyForOneRun({ spec }: V1PodTemplateSpec) {
  const { topologySpreadConstraints: _spread, terminationGracePeriodSeconds: _grace, ...kept } = spec ?? {};
  return kept;
}

function containerOf({ template, container: name, image, command }: JobRequest): V1Container {
  const found = template.spec?.containers.find((one) => one.name === name);
  const {
    ports: _ports,
    startupProbe: _startup,
    readinessProbe: _readiness,
    livenessProbe: _liveness,
    lifecycle: _hooks,
    ...kept
  } = found ?? { name };
  return { ...kept, name, image, command: command.command, args: command.args };
}

/** Platform: Kubernetes, a Job's name becomes a label of its pod. */
const maxLabelLength = 63;

/**
 * Letters that tell the Jobs of one change apart: of the migration, its fallback, the post-deploy gate's, and those
 * that are made anew when a person has a migration repeated.
 */
const letters: Record<string, string> = {
  'sync-job-fallback': 'f',
  'gate-migration': 'g',
  migrate: 'm',
  'migrate-fallback': 'n',
};

/** Tells the Jobs of one change apart; a program of evidence by its number. */
function lettersOf(step: string): string {
  const program = /^evidence-(\d+)$/.exec(step)?.[1];
  return program === undefined ? (letters[step] ?? 'a') : `e${program}a`;
}

/** Names the Job of one command, as a function of change, step and attempt (invariant I1). */
export function jobName(prefix: string, { change, attempt, step }: Marker): string {
  const name = `${prefix}-${change}-${lettersOf(step)}${attempt}`;
  if (name.length <= maxLabelLength) return name;
  const rest = name.slice(prefix.length);
  const kept = prefix.slice(0, maxLabelLength - rest.length - 9);
  return `${kept}-${sha256(prefix).slice(0, 8)}${rest}`;
}
