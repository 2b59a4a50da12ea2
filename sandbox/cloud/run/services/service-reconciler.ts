import type { CodeName } from '../../server/errors.ts';
import { pause } from '../../server/tempo.ts';
import { change } from '../resources/collections.ts';
import type { RunParts, RunState } from '../resources/collections.ts';
import type { Instances } from './instances.ts';
import { condition, findCondition, withConditions } from '../resources/metadata.ts';
import type { Proxy } from './proxy.ts';
import { shortName } from '../resources/names.ts';
import type { Condition, Service } from '../resources/resources.ts';
import { bringUp } from './revision-lifecycle.ts';
import { serviceMessage } from './shown-service.ts';
import { addressOf, isReady, notReadyText, resolveRoutes } from './traffic.ts';

export interface ReconcilerParts extends RunParts {
  instances: Instances;
  proxy: Proxy;
  /** Revisions whose first instance is starting now: several changes may wait for the same one. */
  starting: Map<string, Promise<void>>;
}

interface Failure {
  code: CodeName;
  reason: string;
  message: string;
}

/** Follows one accepted change of a service to its end, and settles its operation. */
export async function reconcileService(
  parts: ReconcilerParts,
  name: string,
  generation: string,
  operation: string,
  beganAt = Date.now(),
): Promise<void> {
  const { cloud, state } = parts;
  const { operationMs } = cloud.tempo;
  const until = (share: number): Promise<void> => pause(beganAt + operationMs * share - Date.now());
  await until(0.2);
  const started = write(state, name, generation, [
    condition('Ready', 'CONDITION_RECONCILING', { message: 'Deploying Revision.' }),
    condition('ConfigurationsReady', 'CONDITION_RECONCILING'),
  ]);
  if (started) cloud.operations.update(operation, serviceMessage(parts, started));
  const revision = state.services.get(name)?.latestCreatedRevision ?? '';
  await until(0.5);
  if (isNewest(state, name, generation)) await applyReadyRoutes(parts, name, generation);
  const configuration = await bringUpConfiguration(parts, name, revision);
  await until(0.8);
  const routes = isNewest(state, name, generation)
    ? await applyRoutes(parts, name, generation, configuration)
    : undefined;
  await until(1);
  finish(parts, name, generation, operation, configuration ?? routes);
}

function isNewest(state: RunState, name: string, generation: string): boolean {
  return state.services.get(name)?.generation === generation;
}

/** Conditions belong to the newest generation: an older change that ends late does not touch them. */
function write(
  state: RunState,
  name: string,
  generation: string,
  conditions: Condition[],
  rest: Partial<Service> = {},
): Service | undefined {
  if (!isNewest(state, name, generation)) return undefined;
  return change(state.services, name, (present) => {
    const merged = withConditions([present.terminalCondition, ...present.conditions], conditions);
    return {
      ...present,
      ...rest,
      before: undefined,
      terminalCondition: findCondition(merged, 'Ready') ?? present.terminalCondition,
      conditions: merged.filter((each) => each.type !== 'Ready'),
    };
  });
}

async function bringUpConfiguration(
  parts: ReconcilerParts,
  name: string,
  revisionName: string,
): Promise<Failure | undefined> {
  const { state, instances } = parts;
  const present = state.revisions.get(revisionName);
  if (!present) return undefined;
  if (present.reconciling) {
    const starting =
      parts.starting.get(revisionName) ??
      bringUp(parts, instances, revisionName).finally(() => parts.starting.delete(revisionName));
    parts.starting.set(revisionName, starting);
    await starting;
  }
  const revision = state.revisions.get(revisionName);
  if (!revision) return undefined;
  if (isReady(revision)) {
    change(state.services, name, (service) =>
      service.latestCreatedRevision === revisionName ? { ...service, latestReadyRevision: revisionName } : service,
    );
    return undefined;
  }
  const ready = findCondition(revision.conditions, 'Ready');
  const reason = ready?.reason ?? '';
  return {
    code: reason === 'CONTAINER_MISSING' ? 'NOT_FOUND' : 'FAILED_PRECONDITION',
    reason: reason || 'REVISION_FAILED',
    message: notReadyText(revision),
  };
}

/**
 * Moves traffic among revisions that are up already. It does not wait for one that is still starting: a way back must
 * not.
 */
async function applyReadyRoutes(parts: ReconcilerParts, name: string, generation: string): Promise<void> {
  const { state, instances } = parts;
  const service = state.services.get(name);
  const routes = service && (await resolveRoutes(parts, service));
  if (!routes || 'failure' in routes) return;
  const outcomes = await Promise.all(routes.revisions.map((revision) => instances.ensure(revision)));
  if (!outcomes.every((outcome) => 'port' in outcome)) return;
  const applied = write(state, name, generation, [], { trafficStatuses: routes.statuses });
  if (applied) await serveRoutes(parts, applied);
}

/** Moves traffic when every revision that it names is up; otherwise it stays where it was. */
async function applyRoutes(
  parts: ReconcilerParts,
  name: string,
  generation: string,
  configuration: Failure | undefined,
): Promise<Failure | undefined> {
  const { state, instances } = parts;
  const settled = configuration
    ? condition('ConfigurationsReady', 'CONDITION_FAILED', {
        message: configuration.message,
        reason: configuration.reason,
      })
    : condition('ConfigurationsReady', 'CONDITION_SUCCEEDED');
  const service = write(state, name, generation, [settled, condition('RoutesReady', 'CONDITION_RECONCILING')]);
  if (!service) return undefined;
  const routes = await resolveRoutes(parts, service);
  if ('failure' in routes) return { code: 'INTERNAL', reason: 'REVISION_FAILED', message: routes.failure };
  for (const revision of routes.revisions) {
    const outcome = await instances.ensure(revision);
    if (!('port' in outcome))
      return {
        code: 'FAILED_PRECONDITION',
        reason: 'REVISION_FAILED',
        message: `Revision '${shortName(revision.name)}' is not ready and cannot serve traffic. ${outcome.message}`,
      };
  }
  const applied = write(state, name, generation, [condition('RoutesReady', 'CONDITION_SUCCEEDED')], {
    trafficStatuses: routes.statuses,
  });
  if (applied) await serveRoutes(parts, applied);
  return undefined;
}

/** Opens the service's ports and keeps exactly the revisions that have traffic or a tag. */
export async function serveRoutes(parts: ReconcilerParts, service: Service): Promise<void> {
  const { cloud, proxy, instances } = parts;
  if (!service.defaultUriDisabled) await proxy.listen((await addressOf(cloud, service.name)).port, service.name);
  for (const { tag, uri } of service.trafficStatuses) {
    if (tag !== '' && uri !== '') await proxy.listen(Number(new URL(uri).port), service.name, tag);
  }
  instances.keep(service.name, servingRevisions(service));
}

function servingRevisions(service: Service): Set<string> {
  return new Set(service.trafficStatuses.map((status) => `${service.name}/revisions/${status.revision}`));
}

function finish(
  parts: ReconcilerParts,
  name: string,
  generation: string,
  operation: string,
  failure: Failure | undefined,
): void {
  const { cloud, state } = parts;
  const details = failure && { message: failure.message, reason: failure.reason };
  const routesFailed =
    failure &&
    findCondition(state.services.get(name)?.conditions ?? [], 'RoutesReady')?.state === 'CONDITION_RECONCILING';
  const verdicts = failure
    ? [
        condition('Ready', 'CONDITION_FAILED', details),
        ...(routesFailed ? [condition('RoutesReady', 'CONDITION_FAILED', details)] : []),
      ]
    : [condition('Ready', 'CONDITION_SUCCEEDED')];
  const isObserved = !failure || cloud.world.now.failureObserved;
  write(state, name, generation, verdicts, {
    reconciling: false,
    ...(isObserved && { observedGeneration: generation }),
  });
  const service = state.services.get(name);
  if (!service)
    return cloud.operations.fail(operation, {
      code: 'NOT_FOUND',
      message: `Service '${shortName(name)}' was deleted.`,
    });
  parts.instances.keep(name, servingRevisions(service));
  cloud.operations.update(operation, serviceMessage(parts, service));
  if (failure) cloud.operations.fail(operation, { code: failure.code, message: failure.message });
  else cloud.operations.complete(operation, serviceMessage(parts, service));
}
