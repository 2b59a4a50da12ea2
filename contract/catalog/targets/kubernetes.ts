import { z } from 'zod';
import { shellWord } from '../../shell-word.ts';
import { count, name, relativePath, url } from '../fields.ts';
import type { LogQuestion, LogWindow, TargetKind } from './kind.ts';

/** A DNS label, as Kubernetes wants it (platform: Kubernetes, object names). */
const label = () =>
  z
    .string('must be a name')
    .regex(
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      'must be lower-case letters, digits and dashes, at most 63 characters',
    )
    .meta({ title: 'name' });

const schema = () =>
  z
    .strictObject({
      kind: z.literal('kubernetes'),
      context: z
        .string('must be a context')
        .min(1, 'must be a context')
        .max(200, 'at most 200 characters')
        .optional()
        .describe(
          "A context of the worker's kubeconfig. Default: its current one, or the cluster that the worker runs in.",
        ),
      namespace: label().describe('The namespace.'),
      // Runbook 003, kubernetes manifests.
      overlay: relativePath.describe('The kustomize overlay, rendered at the commit of the release.'),
      workload: z
        .strictObject({
          kind: z
            .enum(['StatefulSet', 'Deployment', 'DaemonSet'], 'must be StatefulSet, Deployment or DaemonSet')
            .describe('Its kind.'),
          name: label().describe('Its name, as the rendered overlay has it.'),
        })
        .describe('What is rolled out.'),
      container: label().optional().describe('The container that runs the artifact. Default: the only one.'),
      image: z
        .string('must be an image')
        .min(1, 'must be an image')
        .max(300, 'at most 300 characters')
        .optional()
        .describe('The image in the overlay that is replaced by the digest. Default: the image of the build.'),
      url: url.describe('Where users reach the service.'),
      migrationJob: name
        .optional()
        .describe('The beginning of the names of migration Jobs. A Job of this name in the overlay is their pattern.'),
      smokeJob: name
        .optional()
        .describe("The beginning of the names of smoke Jobs. Default: the workload's name and `-smoke`."),
      evidenceJob: name
        .optional()
        .describe("The beginning of the names of Jobs of evidence. Default: the workload's name and `-evidence`."),
      leaveOut: z
        .array(
          z
            .string('must be an object')
            .regex(/^[A-Z][A-Za-z]+\/[-a-z0-9.:]+$/, 'must be kind and name, such as Job/seed'),
        )
        .max(200, 'at most 200 objects')
        .optional()
        .describe('Objects of the overlay that Slipway does not apply.')
        .meta({ examples: [['Job/seed', 'ClusterRole/reader']] }),
      // As the platform's own progress deadline.
      rolloutTimeoutSeconds: count('a number of seconds', 10, 7_200)
        .optional()
        .describe('The longest that a roll-out may take. Default: 600.'),
    })
    .meta({
      id: 'target.kubernetes',
      title: 'Target: Kubernetes',
      description:
        'A workload of a cluster, as a kustomize overlay of the repository describes it: [Kubernetes](kubernetes.md).',
    });

export type KubernetesEntry = z.infer<ReturnType<typeof schema>>;

/** A workload of a Kubernetes cluster, as an overlay of its repository describes it (runbooks 001 and 003). */
export const kubernetes: TargetKind<ReturnType<typeof schema>> = {
  schema,
  hasCandidate: () => false,
  hasStandingJob: false,
  readsLogsAtSource: true,
  hasInstances: true,
  asksForIdentity: false,
  workloadOf: ({ workload }) => workload.name,
  migrationJobOf: ({ migrationJob }) => migrationJob ?? null,
  smokeJobOf: ({ smokeJob, workload }) => smokeJob ?? `${workload.name}-smoke`,
  evidenceJobOf: ({ evidenceJob, workload }) => evidenceJob ?? `${workload.name}-evidence`,
  // Jobs have a name of their own in each change.
  fencedResources: ({ context, namespace, workload: { kind, name: workload } }) => [
    `${kind} ${workload} in ${namespace}${context ? ` of ${context}` : ''}`,
  ],
  readSecretCommand: ({ namespace, context }, secret) =>
    `kubectl ${context ? `--context ${context} ` : ''}-n ${namespace} get secret ${secret} -o jsonpath={.data}`,
  title: 'Kubernetes',
  logSearch: (_target, word) => `(?i)${word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`,
  // An empty expression is in every line.
  ownLog: () => '',
  failureSearch: () => `(?i)"(severity|level)": ?"${failing}"|\\[${failing}\\]|^(panic|fatal|uncaught|error)\\b`,
  stderrSearch: () => null,
  // Said by ingress controllers that have no pod to send to (nginx, Envoy, Traefik).
  isOwnAnswer: ({ status, text }) =>
    status === 503 &&
    (/^no (healthy upstream|available server)\s*$/.test(text) ||
      /503 Service Temporarily Unavailable.*nginx/s.test(text)),
  reservedPath: () => null,
  isIdentityRefusal: () => false,
  logQuestion,
};

/** Severities from a warning on, as loggers write them. */
const failing = '(warn|warning|error|critical|alert|emergency|fatal)';

/**
 * Writes the command of runbook 001, section 4. It names the workload, not its label: with a label kubectl shows ten
 * lines of each pod (platform: kubectl logs, `--tail`).
 */
function logQuestion(
  { context, namespace, workload }: KubernetesEntry,
  filter: string,
  { since }: LogWindow,
): LogQuestion {
  const command = [
    'kubectl',
    ...(context ? ['--context', shellWord(context)] : []),
    `-n ${namespace} logs ${workload.kind.toLowerCase()}/${workload.name} --all-pods --all-containers`,
    `--since-time=${shellWord(since)}`,
  ];
  return { source: 'kubectl logs', query: `${command.join(' ')} | rg ${shellWord(filter)}`, link: null };
}
