import { z } from 'zod';
import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import type { HttpRoute } from '../server/http.ts';
import { sendJson } from '../server/http.ts';
import { callerOf } from '../server/permissions.ts';

const requestSchema = z.object({ permissions: z.array(z.string()).max(100).default([]) });

/** Tells a caller its permissions in the project. Platform: Resource Manager v1, projects.testIamPermissions. */
export function permissionsRoute({ project, permissions }: Cloud): HttpRoute {
  return {
    method: 'POST',
    path: /^\/v1\/projects\/(?<project>[^/:]+):testIamPermissions$/,
    handle: async (request, response) => {
      if (request.params['project'] !== project)
        throw new RpcError('PERMISSION_DENIED', 'The caller does not have permission');
      const parsed = requestSchema.safeParse(await request.json());
      if (!parsed.success) throw RpcError.invalid([{ field: 'permissions', description: 'is a list of names' }]);
      const caller = callerOf((name) => [request.message.headers[name]].flat()[0]);
      const granted = parsed.data.permissions.filter((permission) =>
        permissions.callerHas(caller, permission, `projects/${project}`),
      );
      // Platform: an empty list is left out.
      sendJson(response, 200, granted.length > 0 ? { permissions: granted } : {});
    },
  };
}
