import { quantity } from '../../../containers/quantity.ts';
import type { FieldViolation } from '../../server/errors.ts';
import { RpcError } from '../../server/errors.ts';
import { labelPattern } from './names.ts';
import { checkAnnotations, checkLabels } from './platform-keys.ts';
import type { Container, RevisionTemplate, TrafficTarget } from './resources.ts';

/** Gathers everything that is wrong with a request, so that it is refused with all of it at once. */
export class Violations {
  readonly found: FieldViolation[] = [];

  add(field: string, description: string): void {
    this.found.push({ field, description });
  }

  check(holds: boolean, field: string, description: string): void {
    if (!holds) this.add(field, description);
  }

  throwIfAny(): void {
    if (this.found.length > 0) throw RpcError.invalid(this.found);
  }
}

/** The quota of the sandbox's project. Platform: `CpuAllocPerProjectRegion`, in thousandths of a CPU. */
const allowedMilliCpu = 200_000;
const imagePattern =
  /^([a-z0-9.-]+(:\d+)?\/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;
const labelRule = 'only lowercase, digits, and hyphens; must begin with letter, and cannot end with hyphen';
const reservedVariables = new Set([
  'PORT',
  'K_SERVICE',
  'K_REVISION',
  'K_CONFIGURATION',
  'CLOUD_RUN_JOB',
  'CLOUD_RUN_EXECUTION',
  'CLOUD_RUN_TASK_INDEX',
  'CLOUD_RUN_TASK_ATTEMPT',
  'CLOUD_RUN_TASK_COUNT',
]);
/** Platform: a tag and the service's name are one DNS label of a tag's URL. */
const maxTagAndServiceLength = 46;

export function checkId(violations: Violations, field: string, id: string): void {
  violations.check(labelPattern.test(id) && id.length < 50, field, `${labelRule}; must be less than 50 characters`);
}

export function checkContainers(violations: Violations, field: string, containers: Container[]): void {
  violations.check(containers.length > 0, field, 'at least one container is required');
  containers.forEach((container, index) => checkContainer(violations, `${field}[${index}]`, container));
}

function checkContainer(violations: Violations, field: string, container: Container): void {
  if (container.image === '') violations.add(`${field}.image`, 'is required');
  else
    violations.check(
      imagePattern.test(container.image),
      `${field}.image`,
      `Expected an image path like [host/]repo-path[:tag and/or @digest], but received: ${container.image}`,
    );
  const seen = new Set<string>();
  container.env.forEach((variable, index) => {
    const at = `${field}.env[${index}].name`;
    violations.check(variable.name !== '' && !/[=\0]/.test(variable.name), at, 'is not a name of a variable');
    violations.check(
      !reservedVariables.has(variable.name),
      at,
      `The following reserved env names were provided: ${variable.name}`,
    );
    violations.check(!seen.has(variable.name), at, `duplicate environment variable ${variable.name}`);
    seen.add(variable.name);
  });
  for (const [index, port] of container.ports.entries()) {
    violations.check(
      port.containerPort > 0 && port.containerPort < 65_536,
      `${field}.ports[${index}].container_port`,
      'must be between 1 and 65535',
    );
  }
}

export function checkTemplate(
  violations: Violations,
  serviceId: string,
  template: RevisionTemplate | null,
): template is RevisionTemplate {
  if (!template) {
    violations.add('service.template', 'is required');
    return false;
  }
  checkContainers(violations, 'service.template.containers', template.containers);
  const withPort = template.containers.filter(({ ports }) => ports.length > 0);
  violations.check(
    template.containers.length < 2 || withPort.length === 1,
    'service.template.containers',
    'Revision template should contain exactly one container with an exposed port.',
  );
  checkAnnotations(violations, 'service.template.annotations', template.annotations);
  checkLabels(violations, 'service.template.labels', template.labels);
  checkScaling(violations, template.scaling);
  checkQuota(violations, template);
  const { revision } = template;
  const seconds = Number(template.timeout?.seconds ?? 0);
  violations.check(seconds >= 0 && seconds <= 3600, 'service.template.timeout', 'must be between 1 and 3600 seconds');
  violations.check(
    template.maxInstanceRequestConcurrency >= 0 && template.maxInstanceRequestConcurrency <= 1000,
    'service.template.max_instance_request_concurrency',
    'must be between 1 and 1000',
  );
  if (revision === '') return true;
  violations.check(
    revision.startsWith(`${serviceId}-`),
    'service.template.revision',
    `Revision names must be prefixed with the service name: '${serviceId}-'`,
  );
  violations.check(
    labelPattern.test(revision) && revision.length <= 63,
    'service.template.revision',
    `${labelRule}; must be at most 63 characters`,
  );
  return true;
}

function checkScaling(violations: Violations, scaling: RevisionTemplate['scaling']): void {
  const { minInstanceCount = 0, maxInstanceCount = 0 } = scaling ?? {};
  violations.check(
    maxInstanceCount === 0 || maxInstanceCount >= minInstanceCount,
    'service.template.scaling.max_instance_count',
    'must be greater or equal than min_instance_count.',
  );
}

/** Refuses more CPU than the quota has, if all instances ran. The platform words it as a wrong number of instances. */
function checkQuota(violations: Violations, { scaling, containers }: RevisionTemplate): void {
  const limits = containers.map(({ resources }) => quantity(resources?.limits['cpu'] ?? '1000m') * 1000);
  const milliCpu = limits.reduce((sum, limit) => sum + limit, 0);
  const requested = milliCpu * (scaling?.maxInstanceCount ?? 0);
  violations.check(
    requested <= allowedMilliCpu,
    'template.scaling.max_instance_count',
    `Max instances must be set to ${Math.floor(allowedMilliCpu / milliCpu)} or fewer to set the requested total CPU. ` +
      'Consider running your workload in a region with greater capacity, or requesting an increase in quota for this ' +
      'region if you are seeing sustained usage near this limit, see https://cloud.google.com/run/quotas.\n' +
      `Quota violated:\nCpuAllocPerProjectRegion requested: ${requested} allowed: ${allowedMilliCpu}`,
  );
}

export function checkTraffic(violations: Violations, serviceId: string, traffic: TrafficTarget[]): void {
  if (traffic.length === 0) return;
  const tags = new Set<string>();
  traffic.forEach((target, index) => {
    checkTarget(violations, `service.traffic[${index}]`, target, tags);
    violations.check(
      target.tag === '' || target.tag.length + serviceId.length <= maxTagAndServiceLength,
      `service.traffic[${index}].tag`,
      `traffic tag '${target.tag}' and service name '${serviceId}' together are too long. ` +
        `Combined traffic tag and service name cannot exceed ${maxTagAndServiceLength} characters.`,
    );
  });
  const sum = traffic.reduce((total, target) => total + target.percent, 0);
  violations.check(sum === 100, 'service.traffic', `Traffic percents must sum to 100, but they sum to ${sum}`);
}

function checkTarget(violations: Violations, field: string, target: TrafficTarget, tags: Set<string>): void {
  const byRevision = target.type === 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
  violations.check(target.type !== 'TRAFFIC_TARGET_ALLOCATION_TYPE_UNSPECIFIED', `${field}.type`, 'is required');
  violations.check(
    !byRevision || labelPattern.test(target.revision),
    `${field}.revision`,
    'a revision name, without its parents, is required',
  );
  violations.check(
    byRevision || target.revision === '',
    `${field}.revision`,
    'must be empty for traffic to the latest revision',
  );
  violations.check(target.percent >= 0 && target.percent <= 100, `${field}.percent`, 'must be between 0 and 100');
  if (target.tag === '') return;
  violations.check(labelPattern.test(target.tag), `${field}.tag`, labelRule);
  violations.check(!tags.has(target.tag), `${field}.tag`, `duplicate traffic tag '${target.tag}'`);
  tags.add(target.tag);
}
