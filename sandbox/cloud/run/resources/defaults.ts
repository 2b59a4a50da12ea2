import type { Container, ExecutionTemplate, RevisionTemplate } from './resources.ts';

const containerResources = { limits: { cpu: '1000m', memory: '512Mi' }, cpuIdle: true, startupCpuBoost: false };
/** Period and time-out of the probe that the platform makes up. */
export const defaultProbeSeconds = 240;

/** Fills in what Cloud Run does where a service's template says nothing. */
export function completeTemplate(template: RevisionTemplate): RevisionTemplate {
  return {
    ...template,
    timeout: template.timeout ?? { seconds: '300', nanos: 0 },
    maxInstanceRequestConcurrency: template.maxInstanceRequestConcurrency || 80,
    scaling: template.scaling ?? { minInstanceCount: 0, maxInstanceCount: 100 },
    containers: template.containers.map((container) =>
      container === servingContainer(template) ? completeServiceContainer(container) : completeContainer(container),
    ),
  };
}

/** Finds the container that is sent requests: of several the one with a port. */
export function servingContainer({ containers }: Pick<RevisionTemplate, 'containers'>): Container | undefined {
  return containers.length === 1 ? containers[0] : containers.find(({ ports }) => ports.length > 0);
}

function completeServiceContainer(container: Container): Container {
  const ports = container.ports.length > 0 ? container.ports : [{ name: 'http1', containerPort: 8080 }];
  const port = ports[0]?.containerPort ?? 8080;
  const probe = container.startupProbe;
  return {
    ...completeContainer(container),
    ports: ports.map((each) => ({ ...each, name: each.name || 'http1' })),
    startupProbe: probe
      ? {
          ...probe,
          timeoutSeconds: probe.timeoutSeconds || 1,
          periodSeconds: probe.periodSeconds || 10,
          failureThreshold: probe.failureThreshold || 3,
        }
      : {
          initialDelaySeconds: 0,
          timeoutSeconds: defaultProbeSeconds,
          periodSeconds: defaultProbeSeconds,
          failureThreshold: 1,
          tcpSocket: { port },
        },
  };
}

function completeContainer(container: Container): Container {
  const limits = { ...containerResources.limits, ...container.resources?.limits };
  return { ...container, resources: { ...containerResources, ...container.resources, limits } };
}

/**
 * Fills in what Cloud Run does where a job's template says nothing. `maxRetries` stands in a oneof, so 0 is not
 * absence.
 */
export function completeExecutionTemplate(template: ExecutionTemplate): ExecutionTemplate {
  const task = template.template;
  return {
    ...template,
    taskCount: template.taskCount || 1,
    template: {
      ...task,
      maxRetries: task.maxRetries ?? 3,
      timeout: task.timeout ?? { seconds: '600', nanos: 0 },
      executionEnvironment:
        task.executionEnvironment === 'EXECUTION_ENVIRONMENT_UNSPECIFIED'
          ? 'EXECUTION_ENVIRONMENT_GEN2'
          : task.executionEnvironment,
      containers: task.containers.map(completeContainer),
    },
  };
}
