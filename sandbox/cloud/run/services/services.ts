import { isDeepStrictEqual } from 'node:util';
import type { Cloud } from '../../core/cloud.ts';
import { RpcError } from '../../core/errors.ts';
import type { Operation } from '../../core/operations.ts';
import { paginate } from '../../core/pages.ts';
import type { Call } from '../../core/pipeline.ts';
import type { RpcService } from '../../core/rpc.ts';
import { unary } from '../../core/rpc.ts';
import type { RunState } from '../resources/collections.ts';
import { change } from '../resources/collections.ts';
import { completeTemplate } from '../resources/defaults.ts';
import { applyMask } from '../resources/field-mask.ts';
import { messageType, runMessage, runProtos } from '../resources/messages.ts';
import { condition, creator, newEtag, newMetadata, now } from '../resources/metadata.ts';
import { checkParent, locationName, notFound, randomSuffix, shortName } from '../resources/names.ts';
import type { Service } from '../resources/resources.ts';
import { newRevision } from './revision-lifecycle.ts';
import { checkEtag, concludingOperation, dryOperation } from '../resources/run-operations.ts';
import type { ReconcilerParts } from './service-reconciler.ts';
import { reconcileService } from './service-reconciler.ts';
import { addressOf, latestTarget } from './traffic.ts';
import { checkAnnotations, checkId, checkTemplate, checkTraffic, Violations } from '../resources/validation.ts';
import type { ListRequest, NamedRequest } from '../resources/requests.ts';

interface CreateRequest {
  parent: string;
  service: Service | null;
  serviceId: string;
  validateOnly: boolean;
}

interface UpdateRequest {
  service: Service | null;
  updateMask: { paths: string[] } | null;
  validateOnly: boolean;
  allowMissing: boolean;
}

/** google.cloud.run.v2.Services */
export function servicesService(parts: ReconcilerParts): RpcService {
  const { cloud, state } = parts;
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Services',
    methods: {
      CreateService: unary((request: CreateRequest, call) => createService(parts, request, call)),
      UpdateService: unary((request: UpdateRequest, call) => updateService(parts, request, call)),
      DeleteService: unary((request: NamedRequest, call) => deleteService(parts, request, call)),
      GetService: unary((request: { name: string }) => findService(cloud, state, request.name)),
      ListServices: unary((request: ListRequest) => {
        const page = paginate(state.services.list(`${checkParent(cloud, request.parent)}/services/`), request);
        return { services: page.items, nextPageToken: page.nextPageToken };
      }),
    },
  };
}

function findService(cloud: Cloud, state: RunState, name: string): Service {
  const service = state.services.get(name);
  if (!service) throw notFound(cloud, 'SERVICE', name);
  return service;
}

async function createService(parts: ReconcilerParts, request: CreateRequest, call: Call): Promise<Operation> {
  const { cloud, state } = parts;
  const parent = checkParent(cloud, request.parent);
  const violations = new Violations();
  checkId(violations, 'service_id', request.serviceId);
  violations.check(request.service !== null, 'service', 'is required');
  violations.throwIfAny();
  const name = `${parent}/services/${request.serviceId}`;
  const { uri } = await addressOf(cloud, name);
  if (state.services.get(name)) throw new RpcError('ALREADY_EXISTS', `Resource '${request.serviceId}' already exists.`);
  const wanted = plain(request.service as Service);
  checkService(request.serviceId, wanted);
  const service = freshService(name, wanted, wanted.defaultUriDisabled ? '' : uri);
  const accepted = withNewRevision(parts, service, !request.validateOnly);
  if (request.validateOnly) return dryOperation(cloud, name, runMessage('Service', accepted));
  return accept(parts, accepted, call, 'created');
}

async function updateService(parts: ReconcilerParts, request: UpdateRequest, call: Call): Promise<Operation> {
  const { cloud, state } = parts;
  if (!request.service) throw violation('service', 'is required');
  const name = request.service.name;
  // Nothing is awaited between reading the present state and writing the next: the etag's promise rests on that.
  const uri = state.services.get(name) ? (await addressOf(cloud, name)).uri : '';
  const present = state.services.get(name);
  if (!present) {
    if (!request.allowMissing) throw notFound(cloud, 'SERVICE', name);
    const [parent = '', serviceId = ''] = name.split('/services/');
    return await createService(
      parts,
      { parent, serviceId, service: request.service, validateOnly: request.validateOnly },
      call,
    );
  }
  checkEtag(name, present.etag, request.service.etag);
  const wanted = merge(present, plain(request.service), request.updateMask?.paths ?? []);
  checkService(shortName(name), wanted);
  const updated = nextService(present, wanted, uri);
  const accepted = isDeepStrictEqual(updated.template, present.template)
    ? updated
    : withNewRevision(parts, updated, !request.validateOnly);
  if (request.validateOnly) return dryOperation(cloud, name, runMessage('Service', accepted));
  return accept(parts, accepted, call, 'updated');
}

function accept(parts: ReconcilerParts, service: Service, call: Call, effect: 'created' | 'updated'): Operation {
  const { cloud, state } = parts;
  state.services.put(service.name, service);
  call.effect(effect, service.name);
  const operation = cloud.operations.create({
    parent: locationName(cloud),
    kind: 'run.service',
    target: service.name,
    metadata: runMessage('Service', service),
  });
  void reconcileService(parts, service.name, service.generation, operation.name).catch((error: unknown) =>
    cloud.operations.fail(operation.name, { code: 'INTERNAL', message: (error as Error).message }),
  );
  return operation;
}

function deleteService(parts: ReconcilerParts, request: NamedRequest, call: Call): Operation {
  const { cloud, state, instances, proxy } = parts;
  const service = findService(cloud, state, request.name);
  checkEtag(service.name, service.etag, request.etag);
  const deleted = { ...service, deleteTime: now() };
  if (request.validateOnly) return dryOperation(cloud, service.name, runMessage('Service', deleted));
  state.services.delete(service.name);
  for (const revision of state.revisions.list(`${service.name}/revisions/`)) state.revisions.delete(revision.name);
  instances.keep(service.name, new Set());
  for (const uri of [service.uri, ...service.trafficStatuses.map((status) => status.uri)])
    if (uri !== '') proxy.close(Number(new URL(uri).port));
  call.effect('deleted', service.name);
  return concludingOperation(cloud, service.name, runMessage('Service', deleted));
}

/** What a caller sets, of the present service where a mask leaves it out. Without a mask the whole is replaced. */
function merge(present: Service, given: Service, paths: string[]): Service {
  const named = { ...given, name: present.name };
  if (paths.length === 0 || paths.includes('*')) return named;
  return applyMask(
    messageType('Service'),
    present,
    named,
    paths.filter((path) => path !== 'etag' && path !== 'name'),
  );
}

function checkService(id: string, service: Service): void {
  const violations = new Violations();
  checkTemplate(violations, id, service.template);
  checkTraffic(violations, service.traffic);
  checkAnnotations(violations, 'service.annotations', service.annotations);
  violations.throwIfAny();
}

/** Fields that only the platform writes, as they are when a change was just accepted. */
function pendingStatus() {
  const conditions = ['RoutesReady', 'ConfigurationsReady'].map((type) => condition(type, 'CONDITION_PENDING'));
  return { reconciling: true, terminalCondition: condition('Ready', 'CONDITION_PENDING'), conditions };
}

function freshService(name: string, wanted: Service, uri: string): Service {
  return {
    ...wanted,
    ...newMetadata(name, wanted.labels, wanted.annotations),
    ...pendingStatus(),
    ...settable(wanted),
    creator,
    lastModifier: creator,
    trafficStatuses: [],
    latestCreatedRevision: '',
    latestReadyRevision: '',
    uri,
    urls: uri === '' ? [] : [uri],
  };
}

function nextService(present: Service, wanted: Service, uri: string): Service {
  const shown = wanted.defaultUriDisabled ? '' : uri;
  return {
    ...wanted,
    ...settable(wanted),
    ...pendingStatus(),
    name: present.name,
    uid: present.uid,
    createTime: present.createTime,
    creator: present.creator,
    generation: String(Number(present.generation) + 1),
    observedGeneration: present.observedGeneration,
    updateTime: now(),
    deleteTime: null,
    etag: newEtag(),
    lastModifier: creator,
    trafficStatuses: present.trafficStatuses,
    latestCreatedRevision: present.latestCreatedRevision,
    latestReadyRevision: present.latestReadyRevision,
    uri: shown,
    urls: shown === '' ? [] : [shown],
  };
}

function settable(wanted: Service): Pick<Service, 'template' | 'traffic' | 'ingress' | 'launchStage'> {
  return {
    template: completeTemplate(wanted.template),
    traffic: wanted.traffic.length > 0 ? wanted.traffic : [latestTarget],
    ingress: wanted.ingress === 'INGRESS_TRAFFIC_UNSPECIFIED' ? 'INGRESS_TRAFFIC_ALL' : wanted.ingress,
    launchStage: wanted.launchStage === 'LAUNCH_STAGE_UNSPECIFIED' ? 'GA' : wanted.launchStage,
  };
}

/** Gives a changed template its revision. Platform: a name that was ever given to another configuration is refused. */
function withNewRevision(parts: ReconcilerParts, service: Service, persist: boolean): Service {
  const { cloud, state } = parts;
  const id = shortName(service.name);
  const count = (state.revisionCounts.get(service.name) ?? 0) + 1;
  const name = `${service.name}/revisions/${service.template.revision || `${id}-${String(count).padStart(5, '0')}-${randomSuffix(3)}`}`;
  if (state.revisions.get(name)) {
    throw new RpcError(
      'ALREADY_EXISTS',
      `Revision named '${shortName(name)}' with different configuration already exists.`,
    );
  }
  if (!persist) return { ...service, latestCreatedRevision: name };
  state.revisionCounts.put(service.name, count);
  state.revisions.put(name, newRevision(cloud, state, service, name));
  return { ...service, latestCreatedRevision: name };
}

/** Plain JSON, as it will be read back from the store: what is compared must have gone the same way. */
function plain(service: Service): Service {
  return JSON.parse(JSON.stringify(service)) as Service;
}

function violation(field: string, description: string): RpcError {
  return RpcError.invalid([{ field, description }]);
}

/** After a restart: opens the ports again, starts what serves, and goes on with what was being changed. */
export async function resumeServices(
  parts: ReconcilerParts,
  serveRoutes: (service: Service) => Promise<void>,
): Promise<void> {
  const { cloud, state } = parts;
  for (const service of state.services.list()) await serveRoutes(service);
  for (const operation of cloud.operations.pending('run.service')) {
    const service = change(state.services, operation.target, (present) => present);
    if (service) void reconcileService(parts, service.name, service.generation, operation.name);
    else cloud.operations.fail(operation.name, { code: 'NOT_FOUND', message: 'The service was deleted.' });
  }
}
