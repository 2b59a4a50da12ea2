import { isDeepStrictEqual } from 'node:util';
import { RpcError } from '../../server/errors.ts';
import type { Operation } from '../../core/operations.ts';
import type { Call } from '../../server/pipeline.ts';
import type { RpcService } from '../../server/rpc.ts';
import { unary } from '../../server/rpc.ts';
import { runProtos } from '../resources/messages.ts';
import { checkParent, locationName, notFound, randomSuffix, shortName } from '../resources/names.ts';
import { childPrefix, findResource, listPage } from '../resources/read.ts';
import type { ListRequest, NamedRequest } from '../resources/messages.ts';
import { etagOf } from '../resources/metadata.ts';
import type { Service } from '../resources/resources.ts';
import { checkEtag, dryOperation } from '../resources/run-operations.ts';
import { checkId, Violations } from '../resources/validation.ts';
import { plain } from '../resources/write.ts';
import { deleteService, refuseDeleted, resumeDeletions } from './delete-service.ts';
import { audited } from './audit.ts';
import { newRevision } from './revision-lifecycle.ts';
import type { ReconcilerParts } from './service-reconciler.ts';
import { reconcileService, serveRoutes } from './service-reconciler.ts';
import { checkService, mergeService, newService, nextService } from './service-resource.ts';
import { serviceMessage, shownService } from './shown-service.ts';
import { addressOf } from './traffic.ts';

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

const kind = 'run.service';

/** Serves google.cloud.run.v2.Services. */
export function servicesService(parts: ReconcilerParts): RpcService {
  const { cloud, state } = parts;
  const find = (name: string): Service => findResource(cloud, state.services, 'SERVICE', name);
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Services',
    methods: {
      CreateService: unary((request: CreateRequest, call) =>
        audited(cloud, call, `${request.parent}/services/${request.serviceId}`, () =>
          createService(parts, request, call),
        ),
      ),
      UpdateService: unary((request: UpdateRequest, call) =>
        audited(cloud, call, request.service?.name ?? '', () => updateService(parts, request, call)),
      ),
      DeleteService: unary((request: NamedRequest, call) =>
        audited(cloud, call, request.name, () => deleteService(parts, find(request.name), request, call)),
      ),
      GetService: unary((request: NamedRequest) => shownService(parts, find(request.name))),
      TestIamPermissions: unary(
        ({ resource, permissions }: { resource: string; permissions: string[] }, { caller }) => ({
          permissions: permissions.filter((permission) => cloud.permissions.callerHas(caller, permission, resource)),
        }),
      ),
      ListServices: unary((request: ListRequest) =>
        listPage(
          'services',
          state.services.list(childPrefix(cloud, request, 'services')).map((service) => shownService(parts, service)),
          request,
        ),
      ),
    },
  };
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
  const accepted = withNewRevision(parts, newService(name, wanted, uri), !request.validateOnly);
  if (request.validateOnly) return dryOperation(cloud, name, serviceMessage(parts, accepted));
  return accept(parts, accepted, call, 'created');
}

async function updateService(parts: ReconcilerParts, request: UpdateRequest, call: Call): Promise<Operation> {
  const { cloud, state } = parts;
  if (!request.service) throw RpcError.invalid([{ field: 'service', description: 'is required' }]);
  const name = request.service.name;
  // Nothing is awaited between reading the present state and writing the next: the etag's promise rests on that.
  const uri = state.services.get(name) ? (await addressOf(cloud, name)).uri : '';
  const present = state.services.get(name);
  if (!present) {
    if (!request.allowMissing) throw notFound(cloud, 'SERVICE', name);
    const [parent = '', serviceId = ''] = name.split('/services/');
    const { service, validateOnly } = request;
    return await createService(parts, { parent, serviceId, service, validateOnly }, call);
  }
  checkEtag(name, present.etag, request.service.etag);
  refuseDeleted(present);
  const wanted = mergeService(present, plain(request.service), request.updateMask?.paths ?? []);
  checkService(shortName(name), wanted);
  const updated = nextService(present, wanted, uri);
  const isSame = isDeepStrictEqual(updated.template, present.template);
  if (isSame && cloud.world.now.namedTemplateRefused) refuseTakenName(parts, updated);
  const accepted = isSame ? updated : withNewRevision(parts, updated, !request.validateOnly);
  if (request.validateOnly) return dryOperation(cloud, name, serviceMessage(parts, accepted));
  return accept(parts, accepted, call, 'updated');
}

function accept(parts: ReconcilerParts, accepted: Service, call: Call, effect: 'created' | 'updated'): Operation {
  const { cloud, state } = parts;
  const service = { ...accepted, etag: etagOf(cloud.world.now, accepted) };
  state.services.put(service.name, service);
  call.effect(effect, service.name);
  const operation = cloud.operations.create({
    parent: locationName(cloud),
    kind,
    target: service.name,
    metadata: serviceMessage(parts, service),
  });
  void reconcileService(parts, service.name, service.generation, operation.name).catch((error: unknown) =>
    cloud.operations.fail(operation.name, { code: 'INTERNAL', message: (error as Error).message }),
  );
  return operation;
}

/** Gives a changed template its revision. Platform: a name that was ever given to another configuration is refused. */
function withNewRevision(parts: ReconcilerParts, service: Service, persist: boolean): Service {
  const { state } = parts;
  const id = shortName(service.name);
  const count = (state.revisionCounts.get(service.name) ?? 0) + 1;
  const revision = service.template.revision || `${id}-${String(count).padStart(5, '0')}-${randomSuffix(3)}`;
  const name = `${service.name}/revisions/${revision}`;
  refuseTakenName(parts, { ...service, template: { ...service.template, revision } });
  if (!persist) return { ...service, latestCreatedRevision: name };
  state.revisionCounts.put(service.name, count);
  state.revisions.put(name, newRevision(parts, service, name));
  return { ...service, latestCreatedRevision: name };
}

function refuseTakenName({ state }: ReconcilerParts, { name, template: { revision } }: Service): void {
  if (revision !== '' && state.revisions.get(`${name}/revisions/${revision}`))
    throw new RpcError('ALREADY_EXISTS', `Revision named '${revision}' with different configuration already exists.`);
}

/** Resumes services after a restart: opens their ports, starts what serves, follows accepted changes. */
export async function resumeServices(parts: ReconcilerParts): Promise<void> {
  const { cloud, state } = parts;
  for (const service of state.services.list()) await serveRoutes(parts, service);
  resumeDeletions(parts);
  for (const operation of cloud.operations.pending(kind)) {
    const service = state.services.get(operation.target);
    if (service) void reconcileService(parts, service.name, service.generation, operation.name);
    else cloud.operations.fail(operation.name, { code: 'NOT_FOUND', message: 'The service was deleted.' });
  }
}
