import type { IncomingMessage } from 'node:http';
import { callerOf } from '../server/permissions.ts';
import { sendJson, type HttpRoute } from '../server/http.ts';
import { namedImage } from './containers/named-images.ts';
import type { RunParts } from './resources/collections.ts';
import { shortName } from './resources/names.ts';
import type { Revision } from './resources/resources.ts';

/**
 * Serves what only the first version of the API tells of revisions: the digest of their image when they were made.
 * Platform: Cloud Run Admin v1, projects.locations.revisions, RevisionStatus.image_digest.
 */
export function firstVersionRoutes({ cloud, state }: RunParts): HttpRoute[] {
  const parent = '^/v1/projects/(?<project>[^/]+)/locations/(?<region>[^/]+)/revisions';
  const shown = ({ name, service }: Revision): object => ({
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Revision',
    metadata: { name: shortName(name), labels: { [serviceLabel]: shortName(service) } },
    status: { imageDigest: namedImage(cloud, state.pinnedImages.get(name) ?? '') },
  });
  const allOf = ({ project, region }: Record<string, string>): Revision[] =>
    state.revisions.list(`projects/${project}/locations/${region}/`);
  const requireRight = ({ headers }: IncomingMessage, permission: string, params: Record<string, string>): void => {
    const caller = callerOf((name) => [headers[name]].flat()[0]);
    cloud.permissions.require(caller, permission, `projects/${params['project']}/locations/${params['region']}`);
  };
  return [
    {
      method: 'GET',
      path: new RegExp(`${parent}/(?<revision>[^/]+)$`),
      handle: ({ params, message }, response) => {
        requireRight(message, 'run.revisions.get', params);
        const found = allOf(params).find(({ name }) => shortName(name) === params['revision']);
        if (found) return sendJson(response, 200, shown(found));
        const absent = `Revision '${params['revision']}' was not found`;
        sendJson(response, 404, { error: { code: 404, message: absent, status: 'NOT_FOUND' } });
      },
    },
    {
      method: 'GET',
      path: new RegExp(`${parent}$`),
      handle: ({ params, url, message }, response) => {
        requireRight(message, 'run.revisions.list', params);
        const [label, value] = (url.searchParams.get('labelSelector') ?? '').split('=');
        const all = allOf(params).filter(({ service }) => label !== serviceLabel || shortName(service) === value);
        const limit = Number(url.searchParams.get('limit') ?? '100');
        sendJson(response, 200, { kind: 'RevisionList', items: all.toReversed().slice(0, limit).map(shown) });
      },
    },
  ];
}

const serviceLabel = 'serving.knative.dev/service';
