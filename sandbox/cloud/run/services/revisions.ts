import { RpcError } from '../../server/errors.ts';
import type { Call } from '../../server/pipeline.ts';
import type { RpcService } from '../../server/rpc.ts';
import { unary } from '../../server/rpc.ts';
import { findResource, listPage, visible } from '../resources/read.ts';
import { runProtos } from '../resources/messages.ts';
import { checkParent, parentName, shortName } from '../resources/names.ts';
import type { ListRequest, NamedRequest } from '../resources/messages.ts';
import type { RunParts } from '../resources/collections.ts';
import type { Revision } from '../resources/resources.ts';
import { deleteResource } from '../resources/write.ts';

/** Serves google.cloud.run.v2.Revisions. */
export function revisionsService(parts: RunParts): RpcService {
  const { cloud, state } = parts;
  const find = (name: string): Revision => findResource(cloud, state.revisions, 'REVISION', name);
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Revisions',
    methods: {
      GetRevision: unary((request: NamedRequest) => find(request.name)),
      ListRevisions: unary((request: ListRequest) => {
        const parent = checkParent(cloud, request.parent);
        const prefix = parent.endsWith('/services/-') ? parent.slice(0, -1) : `${parent}/`;
        return listPage('revisions', visible(cloud, state.revisions.list(prefix)).toReversed(), request);
      }),
      DeleteRevision: unary((request: NamedRequest, call) => deleteRevision(parts, find(request.name), request, call)),
    },
  };
}

function deleteRevision(parts: RunParts, revision: Revision, request: NamedRequest, call: Call) {
  const { cloud, state } = parts;
  if (request.etag !== '' && request.etag !== revision.etag)
    throw new RpcError('ABORTED', `Conflict for resource '${shortName(revision.name)}': the etag is stale.`);
  const service = state.services.get(parentName(revision.name));
  const routed = service?.trafficStatuses.some((status) => status.revision === shortName(revision.name));
  if (routed)
    throw new RpcError(
      'FAILED_PRECONDITION',
      `Revision '${shortName(revision.name)}' cannot be deleted because it has traffic or a tag.`,
    );
  if (service?.latestCreatedRevision === revision.name)
    throw new RpcError(
      'FAILED_PRECONDITION',
      `Revision '${shortName(revision.name)}' is the latest created revision and cannot be deleted.`,
    );
  return deleteResource(cloud, 'Revision', revision, {
    request,
    call,
    remove: () => state.revisions.delete(revision.name),
  });
}
