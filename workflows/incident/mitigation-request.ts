import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { mitigationNames, type MitigationName } from '../../contract/incident/category.ts';
import { meantMitigation } from '../../contract/incident/meant-mitigation.ts';
import type { MitigatePayload } from '../../contract/messages.ts';
import { refusal } from '../run/messages.ts';
import type { Incident } from './incident-run.ts';
import type { Mitigation } from './inbox.ts';

/**
 * Completes what a person has asked for: without an action it is what the incident proposes, else a rollback. Refuses
 * what lacks something, with what there is instead.
 */
export function completeMitigation({ run, entry }: Incident, payload: MitigatePayload): Mitigation {
  const { action, to, switch: named } = meantMitigation(run.record.status.proposal, payload);
  if (action === 'deploy' && payload.commit === undefined)
    throw refusal('a deploy needs the commit that mends it: {"action": "deploy", "commit": "<full SHA>"}');
  if (action === 'rollback') return { ...payload, action, ...(to !== undefined && { to }) };
  if (action !== 'disableTraffic') return { ...payload, action };
  return { ...payload, action, switch: switchFor(entry, named) };
}

/** Finds the switch that is meant: the named one, or the only one. */
function switchFor({ service, environment, settings }: CatalogEntry, named: string | undefined): string {
  const names = Object.keys(settings.trafficSwitches ?? {});
  const [only, ...others] = names;
  if (only === undefined)
    throw refusal(
      `${service} declares no traffic switch for ${environment} (trafficSwitches of the catalog); ` +
        `what else there is: ${otherMitigations()}; a rollback with "to" gives the traffic to a revision that is safe`,
    );
  if (named === undefined && others.length === 0) return only;
  if (named !== undefined && names.includes(named)) return named;
  throw refusal(
    `${named === undefined ? 'say which switch is meant' : `there is no traffic switch ${named}`}: ${names.join(', ')}`,
  );
}

function otherMitigations(): string {
  const others: MitigationName[] = mitigationNames.filter((name) => name !== 'disableTraffic');
  return others.join(', ');
}
