import type { Cloud, Part } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import { sendJson } from '../server/http.ts';
import { callerOf } from '../server/permissions.ts';
import { openBuildKey, publicHalf } from './build-key.ts';
import { openOccurrences } from './occurrences.ts';

const filterForm = /^kind ?= ?"BUILD" AND resourceUrl ?= ?"(?<url>[^"]+)"$/;

/** Creates the part of Container Analysis v1 that tells what Cloud Build says of an image, as REST. */
export function createAnalysis(cloud: Cloud): Part {
  const occurrences = openOccurrences(cloud.store);
  const publicKey = publicHalf(openBuildKey(cloud.dir));
  return {
    http: [
      {
        method: 'GET',
        path: /^\/v1\/projects\/(?<project>[^/]+)\/occurrences$/,
        handle: ({ params, url, message }, response) => {
          const caller = callerOf((name) => [message.headers[name]].flat()[0]);
          const project = `projects/${params['project'] ?? ''}`;
          cloud.permissions.require(caller, 'containeranalysis.occurrences.list', project);
          const filter = url.searchParams.get('filter') ?? '';
          const image = filterForm.exec(filter)?.groups?.['url'];
          if (image === undefined)
            throw RpcError.invalid([{ field: 'filter', description: `is not served by this emulator: ${filter}` }]);
          const found = occurrences.list(`${image} `).filter(({ name }) => name.startsWith(`${project}/`));
          sendJson(response, 200, found.length > 0 ? { occurrences: found } : {});
        },
      },
      {
        method: 'GET',
        path: /^\/sandbox\/build-key$/,
        handle: (_request, response) => sendJson(response, 200, { publicKey }),
      },
    ],
  };
}
