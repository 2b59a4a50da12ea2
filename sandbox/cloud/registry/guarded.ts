import type { Cloud } from '../core/cloud.ts';
import { sendJson, type HttpRoute } from '../server/http.ts';
import { callerOf } from '../server/permissions.ts';
import { imageOf } from './oci-routes.ts';

/** Refuses a request of the registry's own API as the registry does. Platform: Artifact Registry, Docker errors. */
export function guarded({ permissions }: Pick<Cloud, 'permissions'>, route: HttpRoute): HttpRoute {
  return {
    ...route,
    handle: (request, response) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      const permission = `artifactregistry.repositories.${isRead ? 'download' : 'upload'}Artifacts`;
      const image = imageOf(request.params);
      const caller = callerOf((name) => [request.message.headers[name]].flat()[0]);
      if (permissions.callerHas(caller, permission, image)) return route.handle(request, response);
      const message = `Permission "${permission}" denied on resource "${image}" (or it may not exist)`;
      sendJson(response, 403, { errors: [{ code: 'DENIED', message }] });
    },
  };
}
