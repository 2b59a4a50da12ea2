import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Cloud } from './cloud.ts';
import type { HttpRequest, HttpRoute } from '../server/http.ts';
import { sendJson } from '../server/http.ts';

const imageSchema = z.strictObject({ reference: z.string().min(1), folder: z.string().min(1) });

/** Serves `/sandbox/*`: controls that the platform does not have. Calls of them are not in the call log. */
export function controlRoutes(cloud: Cloud): HttpRoute[] {
  return [
    route('GET', 'health', () => ({ ok: true, project: cloud.project, region: cloud.region, pid: process.pid })),
    route('GET', 'faults', () => ({ faults: cloud.faults.list() })),
    route('POST', 'faults', async (request) => cloud.faults.add(await request.json())),
    route('DELETE', 'faults', () => {
      cloud.faults.clear();
      return { faults: [] };
    }),
    route('GET', 'permissions', () => ({ denied: cloud.permissions.list(), accounts: cloud.permissions.accounts() })),
    route('POST', 'permissions', async (request) => cloud.permissions.deny(await request.json())),
    route('DELETE', 'permissions', () => {
      cloud.permissions.clear();
      return { denied: [], accounts: [] };
    }),
    route('PUT', 'permissions', async (request) => cloud.permissions.give(await request.json())),
    route('GET', 'tune', () => cloud.tempo.values()),
    route('PUT', 'tune', async (request) => cloud.tempo.tune(await request.json())),
    route('GET', 'world', () => cloud.world.now),
    route('PUT', 'world', async (request) => cloud.world.change(await request.json())),
    route('GET', 'quotas', () => cloud.quotas.values()),
    route('PUT', 'quotas', async (request) => cloud.quotas.tune(await request.json())),
    route('POST', 'images', async (request) => {
      const { reference, folder } = imageSchema.parse(await request.json());
      return await cloud.images.add(reference, folder);
    }),
  ];
}

function route(method: string, name: string, handle: (request: HttpRequest) => unknown): HttpRoute {
  return {
    method,
    path: new RegExp(`^/sandbox/${name}$`),
    handle: async (request, response) => answer(response, () => handle(request)),
  };
}

async function answer(response: ServerResponse, handle: () => unknown): Promise<void> {
  try {
    sendJson(response, 200, await handle());
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    sendJson(response, 400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } });
  }
}
