import { RpcError } from '../server/errors.ts';
import { paginate } from '../server/pages.ts';
import { unary } from '../server/rpc.ts';
import type { UnaryHandler } from '../server/rpc.ts';
import type { ImageStore, TagRecord } from './image-store.ts';
import { canonicalName } from './reference.ts';

interface NameRequest {
  name: string;
}
interface ListTagsRequest {
  parent: string;
  filter: string;
  pageSize: number;
  pageToken: string;
}
interface CreateTagRequest {
  parent: string;
  tagId: string;
  tag: TagRecord | null;
}
interface UpdateTagRequest {
  tag: TagRecord | null;
  updateMask: { paths: string[] } | null;
}

const TAG_ID = /^\w[\w.-]{0,127}$/;

/** Serves the tags of google.devtools.artifactregistry.v1.ArtifactRegistry. */
export function tagMethods(images: ImageStore): Record<string, UnaryHandler> {
  const find = (name: string): TagRecord => {
    const tag = images.tags.get(canonicalName(name));
    if (tag === undefined) throw new RpcError('NOT_FOUND', `Tag "${name}" was not found.`);
    return tag;
  };
  return {
    GetTag: unary((request: NameRequest) => find(request.name)),
    ListTags: unary((request: ListTagsRequest) => {
      const all = images.tags.list(`${canonicalName(request.parent)}/tags/`).filter(tagFilter(request.filter));
      const page = paginate(all, request);
      return { tags: page.items, nextPageToken: page.nextPageToken };
    }),
    CreateTag: unary((request: CreateTagRequest, call) => {
      if (!TAG_ID.test(request.tagId))
        throw RpcError.invalid([{ field: 'tag_id', description: 'must be a valid Docker tag' }]);
      const name = `${canonicalName(request.parent)}/tags/${request.tagId}`;
      if (images.tags.get(name) !== undefined) throw new RpcError('ALREADY_EXISTS', `Tag "${name}" already exists.`);
      const tag = { name, version: checkVersion(images, name, request.tag?.version) };
      images.tags.put(name, tag);
      call.effect('created', name);
      return tag;
    }),
    UpdateTag: unary((request: UpdateTagRequest, call) => {
      const { name } = find(request.tag?.name ?? '');
      const other = (request.updateMask?.paths ?? []).filter((path) => path !== 'version' && path !== '*');
      if (other.length > 0)
        throw RpcError.invalid([
          { field: 'update_mask', description: `only version can be updated, not ${other.join(', ')}` },
        ]);
      const tag = { name, version: checkVersion(images, name, request.tag?.version) };
      images.tags.put(name, tag);
      call.effect('updated', name);
      return tag;
    }),
    DeleteTag: unary((request: NameRequest, call) => {
      const { name } = find(request.name);
      images.tags.delete(name);
      call.effect('deleted', name);
      return {};
    }),
  };
}

/** Refuses a tag that does not point at a version of its own package. */
function checkVersion(images: ImageStore, tagName: string, version: string | undefined): string {
  const name = canonicalName(version ?? '');
  const packageName = tagName.slice(0, tagName.lastIndexOf('/tags/'));
  if (!name.startsWith(`${packageName}/versions/`)) {
    throw RpcError.invalid([{ field: 'tag.version', description: `must be a version of ${packageName}` }]);
  }
  if (images.versions.get(name) === undefined) throw new RpcError('NOT_FOUND', `Version "${name}" was not found.`);
  return name;
}

/** Reads the filter of ListTags. Platform: `version="…"` or `name="…"`, the name with `*` as a wildcard. */
function tagFilter(filter: string): (tag: TagRecord) => boolean {
  if (filter.trim() === '') return () => true;
  const match = /^\s*(version|name)\s*=\s*"([^"]*)"\s*$/.exec(filter);
  if (match === null) throw RpcError.invalid([{ field: 'filter', description: 'must be version="…" or name="…"' }]);
  const wanted = canonicalName(match[2] ?? '');
  if (match[1] === 'version') return (tag) => tag.version === wanted;
  const pattern = new RegExp(
    `^${wanted
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  return (tag) => pattern.test(tag.name);
}
