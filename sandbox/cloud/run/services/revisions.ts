import { RpcError } from '../../core/errors.ts';
import type { Call } from '../../core/pipeline.ts';
import { paginate } from '../../core/pages.ts';
import type { RpcService } from '../../core/rpc.ts';
import { unary } from '../../core/rpc.ts';
import { concludingOperation, dryOperation } from '../resources/run-operations.ts';
import { visible } from '../resources/listing.ts';
import { runMessage, runProtos } from '../resources/messages.ts';
import { now } from '../resources/metadata.ts';
import { checkParent, notFound, parentName, shortName } from '../resources/names.ts';
import type { Revision } from '../resources/resources.ts';
import type { ReconcilerParts } from './service-reconciler.ts';

interface RevisionRequest {
  name: string;
  validateOnly: boolean;
  etag: string;
}

interface ListRequest {
  parent: string;
  pageSize: number;
  pageToken: string;
}

/** google.cloud.run.v2.Revisions */
export function revisionsService(parts: ReconcilerParts): RpcService {
  const { cloud, state } = parts;
  const find = (name: string): Revision => {
    const revision = state.revisions.get(name);
    if (!revision) throw notFound(cloud, 'REVISION', name);
    return revision;
  };
  return {
    protos: runProtos,
    name: 'google.cloud.run.v2.Revisions',
    methods: {
      GetRevision: unary((request: RevisionRequest) => find(request.name)),
      ListRevisions: unary((request: ListRequest) => {
        const parent = checkParent(cloud, request.parent);
        const prefix = parent.endsWith('/services/-') ? parent.slice(0, -1) : `${parent}/`;
        const newestFirst = visible(cloud, state.revisions.list(prefix)).toReversed();
        const page = paginate(newestFirst, request);
        return { revisions: page.items, nextPageToken: page.nextPageToken };
      }),
      DeleteRevision: unary((request: RevisionRequest, call) =>
        deleteRevision(parts, find(request.name), request, call),
      ),
    },
  };
}

function deleteRevision(parts: ReconcilerParts, revision: Revision, request: RevisionRequest, call: Call) {
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
  const deleted = { ...revision, deleteTime: now() };
  const metadata = runMessage('Revision', deleted);
  if (request.validateOnly) return dryOperation(cloud, revision.name, metadata);
  state.revisions.delete(revision.name);
  call.effect('deleted', revision.name);
  return concludingOperation(cloud, revision.name, metadata);
}
