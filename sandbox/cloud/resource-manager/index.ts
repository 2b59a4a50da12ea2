import { z } from 'zod';
import type { Cloud, Part } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import { sendJson } from '../server/http.ts';
import { callerOf } from '../server/permissions.ts';

const requestSchema = z.object({ permissions: z.array(z.string()).max(100).default([]) });

/** Creates the part of Resource Manager v1 that tells a caller its permissions in the project, as REST. */
export function createResourceManager({ project, permissions }: Cloud): Part {
  return {
    http: [
      {
        method: 'POST',
        path: /^\/v1\/projects\/(?<project>[^/:]+):testIamPermissions$/,
        handle: async (request, response) => {
          const resource = `projects/${request.params['project'] ?? ''}`;
          if (resource !== `projects/${project}`)
            throw new RpcError('PERMISSION_DENIED', 'The caller does not have permission');
          const parsed = requestSchema.safeParse(await request.json());
          if (!parsed.success) throw RpcError.invalid([{ field: 'permissions', description: 'is a list of names' }]);
          const caller = callerOf((name) => [request.message.headers[name]].flat()[0]);
          const granted = parsed.data.permissions.filter((permission) =>
            permissions.callerHas(caller, permission, resource),
          );
          // Platform: an empty list is left out.
          sendJson(response, 200, granted.length > 0 ? { permissions: granted } : {});
        },
      },
    ],
  };
}
