import { causeOfAlert, type CategoryName } from '../../contract/incident/categories/index.ts';
import { incidentWorkflowId } from '../../contract/ids.ts';
import { ways, type WayName } from '../../sandbox/misbehaviour/ways.ts';

/** What an incident has to find out by itself about a way in which a service misbehaves. */
export interface Cause {
  /** Null for what the runbook does not name. */
  category: CategoryName | null;
  /** The look whose first line has to name the cause: what there is most of. */
  look: string;
  line: RegExp;
}

const rejected = (reason: string): Cause => ({
  category: 'syncAuth',
  look: 'auth rejects',
  line: new RegExp(`outcome=rejected reason=${reason}`),
});

export const causes: Record<WayName, Cause> = {
  'tail-timeout-storm': { category: 'streamCompletion', look: 'stream sessions', line: /outcome=tail_timeout/ },
  'cancel-storm': { category: 'streamCompletion', look: 'stream sessions', line: /outcome=client_closed/ },
  'lease-steals': { category: 'leaseSteals', look: 'leases', line: /event=lease\.acquire outcome=stolen/ },
  'tool-failures': {
    category: 'toolFailures',
    look: 'tool calls',
    line: /tool=web_search provider=search-api error_class=upstream_timeout/,
  },
  'policy-denials': {
    category: 'policyDenials',
    look: 'policy decisions',
    line: /decision=denied reason_code=budget_exhausted/,
  },
  'circuit-open': { category: 'circuitOpen', look: 'circuit lines', line: /provider=model-api state=open/ },
  'auth-unknown-kid': rejected('unknown_kid'),
  'auth-claim-mismatch': rejected('claim_mismatch'),
  'auth-token-expired': rejected('token_expired'),
  'auth-missing-token': rejected('missing_token'),
  'token-mint-failures': {
    category: 'syncAuth',
    look: 'token mints',
    line: /event=khala\.token\.mint outcome=failed error_class=signing_key_unavailable/,
  },
  'reconnect-timeouts': {
    category: 'reconnectStorm',
    look: 'sockets',
    line: /event=sync\.socket\.heartbeat outcome=timeout/,
  },
  'stale-cursors': { category: 'reconnectStorm', look: 'stale cursors', line: /outcome=stale_cursor/ },
  'request-errors': { category: null, look: 'ids', line: /the run queue does not answer/ },
};

/** The id of the incident that the alert of a way opens. */
export function incidentOf(way: WayName, service: string, environment: string): string {
  return incidentWorkflowId(service, environment, causeOfAlert(ways[way].alert));
}
