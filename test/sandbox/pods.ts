import type { V1Container, V1Job, V1Pod, V1PodSpec, V1Service, V1StatefulSet } from '@kubernetes/client-node';

/** A program that serves until it is told to end, and says what it was given. */
export const serverFiles = {
  Procfile: 'web: node server.js\n',
  'server.js': `
    const { createServer } = require('node:http');
    const { readFileSync } = require('node:fs');
    const answers = {
      '/healthz': () => 'ok',
      '/name': () => process.env.HOSTNAME,
      '/env': () => JSON.stringify(process.env),
      '/file': () => readFileSync(process.env.FILE, 'utf8'),
    };
    const server = createServer((request, response) => {
      const answer = answers[request.url];
      response.writeHead(answer ? 200 : 404).end(answer?.());
    });
    const [host, port] = (process.env.BIND || process.env.POD_IP + ':4100').split(':');
    server.listen(Number(port), host, () => console.log('listening on ' + host + ':' + port));
    process.once('SIGTERM', () => {
      console.log('asked to end');
      setTimeout(() => process.exit(0), Number(process.env.DRAIN_MS || 0));
    });
  `,
};

export const httpProbe = { httpGet: { path: '/healthz', port: 4100 }, periodSeconds: 1 };

/** Describes a container named `app`. */
export const container = (image: string, more: Partial<V1Container> = {}): V1Container => ({
  name: 'app',
  image,
  ...more,
});

/** Describes a shell as a container. */
export const shell = (image: string, script: string, more: Partial<V1Container> = {}): V1Container =>
  container(image, { command: ['sh', '-c', script], ...more });

export const pod = (namespace: string, name: string, only: V1Container, spec: Partial<V1PodSpec> = {}): V1Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels: { app: name } },
  spec: { containers: [only], terminationGracePeriodSeconds: 5, ...spec },
});

export const job = (namespace: string, name: string, only: V1Container): V1Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace, name },
  spec: {
    backoffLimit: 0,
    podReplacementPolicy: 'Failed',
    template: { spec: { restartPolicy: 'Never', containers: [only], terminationGracePeriodSeconds: 5 } },
  },
});

export const service = (namespace: string, name: string, app: string): V1Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name },
  spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
});

export const statefulSet = (
  namespace: string,
  name: string,
  only: V1Container,
  annotations: Record<string, string> = {},
): V1StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { namespace, name },
  spec: {
    replicas: 3,
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name }, annotations },
      spec: { containers: [only], terminationGracePeriodSeconds: 5 },
    },
  },
});

/** Tells whether a condition of a pod is `True`. */
export const holds = ({ status }: V1Pod, type: string): boolean =>
  status?.conditions?.some((each) => each.type === type && each.status === 'True') ?? false;

export const isReady = (each: V1Pod): boolean => holds(each, 'Ready');

/** Reads why the only container waits. */
export const waitingReason = ({ status }: V1Pod): string | undefined =>
  status?.containerStatuses?.[0]?.state?.waiting?.reason;
