import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import type { Artifact } from '../../contract/artifact.ts';
import { renderFolder, type Rendering, type RenderRequest } from '../../activities/kubernetes/manifests/render.ts';

const digest = `sha256:${'1a'.repeat(32)}`;
export const artifact: Artifact = {
  image: `registry.example.com/shop/runtime@${digest}`,
  digest,
  commit: 'c0ffee0000000000000000000000000000000000',
};
export const marker = { change: 'c0123456789', attempt: 1 };
export const prod: RenderRequest = {
  overlay: 'deploy/k8s/overlays/prod',
  namespace: 'shop',
  workload: { kind: 'StatefulSet', name: 'runtime' },
  image: 'runtime',
  artifact,
  marker,
};

/** Lends a repository's folder with these files. */
export async function withFolder<T>(files: Record<string, string>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-checkout-test-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function render(files: Record<string, string>, change: Partial<RenderRequest> = {}): Promise<Rendering> {
  return withFolder(files, (folder) => renderFolder(folder, { ...prod, ...change }));
}

/** Answers what a call failed with. */
export async function refusalOf(call: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApplicationFailure) return error;
  throw error instanceof Error ? error : new Error('nothing was refused');
}

/** Makes an overlay of one folder. */
export function overlay(objects: string, namespace = 'shop'): Record<string, string> {
  return {
    'deploy/k8s/overlays/prod/kustomization.yaml': `namespace: ${namespace}\nresources: [objects.yaml]\n`,
    'deploy/k8s/overlays/prod/objects.yaml': objects,
  };
}

export interface StatefulSetParts {
  spec?: string;
  env?: string;
  ports?: string;
  containers?: string;
  pod?: string;
  annotations?: string;
}

/** Writes a StatefulSet of one container; each part is flow YAML. */
export function statefulSet(parts: StatefulSetParts = {}): string {
  const { spec = '', env = '[]', ports = '[{ containerPort: 4000 }]', containers = '', pod = '' } = parts;
  return `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: runtime, annotations: { ${parts.annotations ?? ''} } }
spec:
  serviceName: runtime
  selector: { matchLabels: { app: runtime } }
  ${spec}
  template:
    metadata: { labels: { app: runtime } }
    spec:
      ${pod}
      containers:
        - { name: runtime, image: runtime, env: ${env}, ports: ${ports} }
        ${containers}
`;
}
