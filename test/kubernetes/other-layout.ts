import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Makes a repository of somebody else, laid out in their way: other names, Jobs in the base, a prefix. */
export function otherLayout(namespace: string): Record<string, string> {
  return {
    'db/changes/001_accounts.sql': '-- slipway: compatible\ncreate table accounts (id int);\n',
    'infra/kustomize/common/kustomization.yml': `
resources: [ledger.yaml, scaling.yaml, jobs, access/reader.yaml]
configMapGenerator:
  - name: ledger-settings
    envs: [settings.env]
labels:
  - pairs: { team: ledger }
`,
    'infra/kustomize/common/settings.env': 'LEVEL=info\n',
    'infra/kustomize/common/ledger.yaml': `
apiVersion: v1
kind: Service
metadata: { name: ledger }
spec:
  clusterIP: None
  selector: { app: ledger }
  ports: [{ name: http, port: 4100 }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ledger }
spec:
  serviceName: ledger
  replicas: 1
  selector: { matchLabels: { app: ledger } }
  template:
    metadata: { labels: { app: ledger } }
    spec:
      terminationGracePeriodSeconds: 3
      containers:
        - name: server
          image: ledger
          envFrom: [{ configMapRef: { name: ledger-settings } }]
          env:
            - name: POD_IP
              valueFrom: { fieldRef: { fieldPath: status.podIP } }
            - name: REGION
              value: none
          ports: [{ name: http, containerPort: 4100 }]
          readinessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 1 }
`,
    'infra/kustomize/common/scaling.yaml': `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: ledger }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: ledger }
  minReplicas: 1
  maxReplicas: 3
`,
    'infra/kustomize/common/jobs/kustomization.yaml': 'resources: [migrate.yaml, seed.yaml]\n',
    'infra/kustomize/common/jobs/migrate.yaml': jobOf('migrate', 'migrations'),
    'infra/kustomize/common/jobs/seed.yaml': jobOf('seed', 'examples'),
    'infra/kustomize/common/access/reader.yaml': `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: ledger-reader }
rules: []
`,
    'infra/kustomize/regions/north/kustomization.yaml': `
namespace: ${namespace}
namePrefix: north-
resources: [../../common]
images: [{ name: ledger, newName: registry.example.com/shop/ledger, newTag: v1 }]
patches:
  - path: region.yaml
`,
    'infra/kustomize/regions/north/region.yaml': `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ledger }
spec:
  template:
    spec:
      containers: [{ name: server, env: [{ name: REGION, value: north }] }]
`,
  };
}

function jobOf(name: string, what: string): string {
  return `
apiVersion: batch/v1
kind: Job
metadata: { name: ${name} }
spec:
  backoffLimit: 4
  template:
    spec:
      restartPolicy: OnFailure
      containers:
        - name: ${name}
          image: ledger
          command: [sh, -c, exit 1]
          env: [{ name: WHAT, value: ${what} }]
`;
}

/** Writes its catalog file: the only thing that is written for Slipway. */
export function catalogFileOf(service: string, { url, namespace, image, users }: Record<string, string>): string {
  return `
service: ${service}
description: A ledger
repository: { url: '${url}', branch: main }
build: { kind: cloudBuild, project: project, region: us-central1, image: ${image} }
owners: { release-owner: [release-owner@example.com], developer: [developer@example.com] }
environments:
  staging:
    target:
      kind: kubernetes
      namespace: ${namespace}
      overlay: infra/kustomize/regions/north
      workload: { kind: StatefulSet, name: north-ledger }
      image: registry.example.com/shop/ledger
      url: ${users}
      migrationJob: north-migrate
      leaveOut: [Job/north-seed, ClusterRole/north-ledger-reader]
      rolloutTimeoutSeconds: 60
    migration:
      directory: db/changes
      command: [sh, -c, 'echo $WHAT of $MODE']
      timeoutSeconds: 30
    variables: { MODE: all }
    approvals: { required: [] }
    smoke: [{ name: health, path: /healthz }]
    bake: { seconds: 0, minRequests: 0 }
    operators: [release-owner]
`;
}

/** A repository that is read over HTTP, as a worker reads one. */
export class OtherRepository {
  readonly url: string;
  private readonly folder: string;
  private readonly server: Server;

  private constructor(folder: string, server: Server) {
    this.folder = folder;
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ledger.git`;
  }

  static async open(): Promise<OtherRepository> {
    const folder = await mkdtemp(path.join(tmpdir(), 'slipway-layout-test-'));
    const server = createServer((request, response) => {
      readFile(path.join(folder, path.normalize(new URL(request.url ?? '/', 'http://x').pathname))).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const repository = new OtherRepository(folder, server);
    repository.git('init', '--quiet', '--initial-branch=main', repository.place);
    return repository;
  }

  /** Commits files over what is there; answers the commit. */
  async commit(files: Record<string, string>): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(this.place, name)), { recursive: true });
      await writeFile(path.join(this.place, name), text);
    }
    this.git('-C', this.place, 'add', '--all');
    this.git('-C', this.place, 'commit', '--quiet', '-m', 'a commit');
    const bare = path.join(this.folder, 'ledger.git');
    await rm(bare, { recursive: true, force: true });
    this.git('clone', '--quiet', '--bare', this.place, bare);
    this.git('-C', bare, 'update-server-info');
    return this.git('-C', this.place, 'rev-parse', 'HEAD');
  }

  async close(): Promise<void> {
    this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A folder of its own for what a worker keeps. */
  get mirrors(): string {
    return path.join(this.folder, 'mirrors');
  }

  private get place(): string {
    return path.join(this.folder, 'work');
  }

  private git(...args: string[]): string {
    const people = ['-c', 'user.name=developer', '-c', 'user.email=developer@example.com'];
    return execFileSync('git', [...people, ...args], { encoding: 'utf8' }).trim();
  }
}
