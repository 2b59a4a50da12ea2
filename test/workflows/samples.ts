import { createHash } from 'node:crypto';
import type { Artifact } from '../../contract/artifact.ts';
import type { BuildEntry } from '../../contract/catalog/build.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DrillEntry } from '../../contract/catalog/drill.ts';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import type { LiveState } from '../../contract/live.ts';
import type { PlannedMigration } from '../../contract/plan.ts';
import type { LogEntry } from '../../activities/ports/platform.ts';
import type { Signatures } from '../../activities/ports/signatures.ts';

/** People, commits and settings that the situations share. */

export const commits = { old: 'a'.repeat(40), good: 'b'.repeat(40), bad: 'c'.repeat(40) };
export const digestOfCommit = (commit: string) => `sha256:${commit.slice(0, 1).repeat(64)}`;
export const owner = 'release-owner@example.com';
export const developer = 'developer@example.com';
export const deputy = 'deputy@example.com';
export const dataOwner = 'data-owner@example.com';
export const noApprovals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
/** How a migration runs; after the candidate is staged, or before it. */
export const migration = {
  directory: 'migrations',
  when: 'afterStage' as const,
  command: ['migrate'],
  args: [],
  timeoutSeconds: 60,
  settlesWithinSeconds: 1,
};
export const beforeStage = { ...migration, when: 'beforeStage' as const };
/** Migrations that the old code can live with, and cannot. */
export const compatible: PlannedMigration = { name: '1_add.sql', compatibility: 'compatible' };
export const incompatible: PlannedMigration = { name: '1_rename.sql', compatibility: 'incompatible' };
/** Nobody uses the service, so the bake knows nothing: it parks. */
export const unseenBake = { seconds: 0, everySeconds: 1, minRequests: 5, logsArriveWithinSeconds: 1 };
/** A smoke that no candidate passes. */
export const failingSmoke: CatalogEntry['settings']['smoke'] = [
  { name: 'health', method: 'GET', path: '/healthz', status: [418], timeoutSeconds: 5 },
];
export const repository = 'host.example/project/repository/image';

/** A build of a folder that packs a manifest. */
export const packing: BuildEntry = {
  kind: 'cloudRun',
  project: 'project',
  region: 'us-central1',
  image: repository,
  directory: 'app',
  manifest: {
    input: 'manifests/shop.yaml',
    output: 'build/manifest.json',
    settings: {
      path: 'config/shop.json',
      url: '/remote/manifest_url',
      allowed: '/remote/allow_file_uris',
      roots: '/remote/allowed_file_uri_roots',
      sha256: '/remote/manifest_sha256',
    },
  },
};

/** A target as a catalog file has it; the fake platform stands under every kind. */
export function targetEntry(service: string): CloudRunEntry {
  return { kind: 'cloudRun', project: 'project-1', region: 'us-central1', service, migrationJob: `${service}-migrate` };
}

/** A target in a cluster as a catalog file has it. */
export const clusterTarget: KubernetesEntry = {
  kind: 'kubernetes',
  namespace: 'runtime',
  overlay: 'deploy/k8s/overlays/prod',
  workload: { kind: 'StatefulSet', name: 'runtime' },
  url: 'http://runtime.example',
  migrationJob: 'runtime-migrate',
};
/** A drill whose clients are quick. */
export const drillPolicy: DrillEntry = {
  clients: { path: '/writes', count: 2, everyMs: 20, silenceSeconds: 5 },
  reconnectWithinSeconds: 1,
  approvals: [],
};

/** The commit that a digest, or an image by digest, was made of. */
export function commitOf(image: string): string {
  return Object.values(commits).find((commit) => image.endsWith(digestOfCommit(commit))) ?? '';
}

export function artifactOf(commit: string): Artifact {
  const digest = digestOfCommit(commit);
  return { image: `${repository}@${digest}`, digest, commit };
}

/** What stands for the signature of a text by the private half of a key. */
/** Namespace of the tests, as signed statements name it. */
export const testInstallation = 'default/11111111-2222-3333-4444-555555555555';

export function fakeSignature(text: string, key: string): string {
  return Buffer.from(`SSHSIG${createHash('sha512').update(text).update(key).digest('hex')}`).toString('base64');
}

/** Answers as the port does; a key's last eight characters stand for its fingerprint. */
export function fakeVerdict(key: string | undefined): Awaited<ReturnType<Signatures['verify']>> {
  return key === undefined
    ? { valid: false, reason: 'incorrect signature' }
    : { valid: true, fingerprint: `SHA256:${key.slice(-8)}` };
}

export function logEntry(text: string): LogEntry {
  return { timestamp: new Date().toISOString(), severity: 'ERROR', text, fields: {}, insertId: text, revision: '' };
}

export function liveState(revision: string, commit: string): LiveState {
  const { digest, image } = artifactOf(commit);
  return {
    exists: true,
    url: '',
    serving: [{ revision, digest, commit, percent: 100 }],
    traffic: [{ revision: null, percent: 100, tag: null }],
    template: { revision, digest },
    job: { name: 'service-migrate', image, digest, command: ['migrate'], args: [], maxRetries: 3 },
    key: 'initial',
  };
}
