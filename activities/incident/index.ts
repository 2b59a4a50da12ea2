import type { Evidence, Look } from '../../contract/incident/look.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { alerts } from './alerts.ts';
import { confirmEpisodes, type AlertStates, type ConfirmRequest } from './confirm-alerts.ts';
import { database } from './database.ts';
import { health } from './health.ts';
import { ids } from './ids.ts';
import { lookOnce } from './investigate.ts';
import { logs } from './logs.ts';
import type { IncidentPorts, LookKind, LookRequest } from './look-kind.ts';
import { metric } from './metric.ts';
import { routes } from './routes.ts';
import { series } from './series.ts';
import { serving } from './serving.ts';

/** Lists the kinds of looks. A further kind is its shape in contract/incident/look.ts, a file here, and a line. */
const kinds = { alerts, health, routes, database, serving, logs, metric, series, ids } satisfies {
  [Kind in Look['kind']]: LookKind<Extract<Look, { kind: Kind }>>;
};

/** Investigates an incident (runbook 001, section 3). Every look is one activity; none of them writes. */
export function createIncidentActivities(ports: IncidentPorts) {
  return {
    /** Looks at one source and answers evidence, whatever happens there. */
    investigate: async (request: LookRequest): Promise<Evidence> =>
      withHeartbeat((_progress, signal) => lookOnce(kinds[request.look.kind] as LookKind, request, ports, signal)),

    /** Asks Alertmanager whether these alerts fire. */
    confirmAlerts: async (request: ConfirmRequest): Promise<AlertStates> =>
      withHeartbeat((_progress, signal) => confirmEpisodes(request, ports.alerts, signal)),
  };
}
