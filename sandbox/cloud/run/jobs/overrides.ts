import type { Container, Duration, EnvVar, ExecutionTemplate, Job } from '../resources/resources.ts';
import { Violations } from '../resources/validation.ts';

/** RunJobRequest.Overrides */
export interface Overrides {
  containerOverrides: { name: string; args: string[]; env: EnvVar[]; clearArgs: boolean }[];
  taskCount: number;
  timeout: Duration | null;
}

/** Makes an execution's template: the job's, with this run's args, variables, task count and timeout. */
export function applyOverrides(job: Job, overrides: Overrides | null): ExecutionTemplate {
  const { template } = job;
  if (!overrides) return template;
  checkOverrides(template.template.containers, overrides);
  return {
    ...template,
    taskCount: overrides.taskCount || template.taskCount,
    template: {
      ...template.template,
      timeout: overrides.timeout ?? template.template.timeout,
      containers: template.template.containers.map((container) => overrideContainer(container, overrides)),
    },
  };
}

function overrideContainer(container: Container, overrides: Overrides): Container {
  const matching = overrides.containerOverrides.filter((each) => each.name === container.name || each.name === '');
  return matching.reduce((present, override) => {
    const args = override.clearArgs ? [] : override.args;
    const names = new Set(override.env.map((variable) => variable.name));
    return {
      ...present,
      args: override.clearArgs || args.length > 0 ? args : present.args,
      env: [...present.env.filter((variable) => !names.has(variable.name)), ...override.env],
    };
  }, container);
}

function checkOverrides(containers: Container[], overrides: Overrides): void {
  const violations = new Violations();
  overrides.containerOverrides.forEach((override, index) => {
    const field = `overrides.container_overrides[${index}]`;
    violations.check(
      override.name === '' || containers.some((each) => each.name === override.name),
      `${field}.name`,
      `no container is called '${override.name}'`,
    );
    violations.check(
      !override.clearArgs || override.args.length === 0,
      `${field}.clear_args`,
      'must not be set together with args',
    );
  });
  violations.check(overrides.taskCount >= 0, 'overrides.task_count', 'must be positive');
  violations.throwIfAny();
}
