import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { git } from '../../repositories/git.ts';
import type { ClusterDeployment } from '../estate.ts';
import { runKubectl } from './kubectl.ts';
import type { Cluster } from './kubectl.ts';

export interface OverlayAtCommit {
  /** The bare repository. */
  repository: string;
  commit: string;
  /** By digest. */
  image: string;
  deployment: Pick<ClusterDeployment, 'namespace' | 'overlay' | 'workload'>;
}

/**
 * Makes the kustomization with which a person pins the image of an overlay, as `kustomize edit set image` does, and
 * says the commit.
 */
const pinned = ({ commit, image, deployment: { overlay, workload } }: OverlayAtCommit): object => {
  const [name = '', digest = ''] = image.split('@');
  const annotations = { 'slipway.dev/commit': commit };
  return {
    resources: [`../${basename(overlay)}`],
    images: [{ name, digest }],
    patches: [
      {
        target: workload,
        patch: JSON.stringify([{ op: 'add', path: '/spec/template/metadata/annotations', value: annotations }]),
      },
    ],
  };
};

/** Applies an overlay of a commit as a person does it by hand: `kubectl apply -k` in a checkout (runbook 003). */
export const applyOverlay = async (cluster: Cluster, request: OverlayAtCommit): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-by-hand-'));
  try {
    await git(['clone', '--quiet', '--shared', '--template=', '--no-checkout', request.repository, folder]);
    await git(['-C', folder, 'checkout', '--quiet', '--detach', request.commit]);
    const release = join(folder, dirname(request.deployment.overlay), 'release');
    await mkdir(release);
    await writeFile(join(release, 'kustomization.yaml'), JSON.stringify(pinned(request)));
    return await runKubectl(cluster, ['--namespace', request.deployment.namespace, 'apply', '-k', release]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
