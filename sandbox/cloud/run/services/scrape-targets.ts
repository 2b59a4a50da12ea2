import type { HttpRoute } from '../../server/http.ts';
import { sendJson } from '../../server/http.ts';
import { shortName } from '../resources/names.ts';
import type { Instances } from './instances.ts';

/**
 * Serves `GET /sandbox/targets`: the instances that listen, for the service discovery of a Prometheus. They are asked
 * beside the proxy, as a sidecar does, so that a scrape is no request of a user. (Prometheus, configuration:
 * http_sd_config.)
 */
export function targetsRoute(instances: Instances): HttpRoute {
  return {
    method: 'GET',
    path: /^\/sandbox\/targets$/,
    handle: (_request, response) => {
      const groups = instances.listening().map(({ service, revision, port }) => ({
        targets: [`127.0.0.1:${port}`],
        labels: { __meta_run_service: shortName(service), __meta_run_revision: shortName(revision) },
      }));
      sendJson(response, 200, groups);
    },
  };
}
