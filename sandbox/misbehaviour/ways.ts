/** A way in which the sample runtime can be made to misbehave. */
export interface Way {
  /** Letter of runbook 001, section 4; null for what it does not name. */
  category: 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | null;
  /** What happens, for a person who chooses. */
  summary: string;
  /** The alert that fires. */
  alert: string;
}

const rejected = (reason: string): Way => ({
  category: 'F',
  summary: `sync sockets are not let in: ${reason}`,
  alert: 'OpenAgentsRuntimeSyncSocketAuthFailureRatioHigh',
});

/** The ways of the sample runtime by name; the sample says what each does (`lib/ways.js` of its tree). */
export const ways = {
  'tail-timeout-storm': {
    category: 'A',
    summary: 'stream sessions end by tail_timeout, without run.finished',
    alert: 'OpenAgentsRuntimeStreamCompletionRatioLow',
  },
  'cancel-storm': {
    category: 'A',
    summary: 'clients close their stream sessions before run.finished',
    alert: 'OpenAgentsRuntimeStreamCompletionRatioLow',
  },
  'lease-steals': {
    category: 'B',
    summary: 'leases are stolen from holders that did not renew them',
    alert: 'OpenAgentsRuntimeLeaseStealsHigh',
  },
  'tool-failures': {
    category: 'C',
    summary: 'the tool web_search fails at search-api: upstream_timeout',
    alert: 'OpenAgentsRuntimeToolFailureRatioHigh',
  },
  'policy-denials': {
    category: 'D',
    summary: 'the policy denies runs: budget_exhausted',
    alert: 'OpenAgentsRuntimePolicyDenialsHigh',
  },
  'circuit-open': {
    category: 'E',
    summary: 'the circuit breaker of model-api is open',
    alert: 'OpenAgentsRuntimeCircuitBreakerOpen',
  },
  'auth-unknown-kid': rejected('unknown_kid'),
  'auth-claim-mismatch': rejected('claim_mismatch'),
  'auth-token-expired': rejected('token_expired'),
  'auth-missing-token': rejected('missing_token'),
  'token-mint-failures': {
    category: 'F',
    summary: 'khala tokens cannot be minted: signing_key_unavailable',
    alert: 'OpenAgentsKhalaTokenMintFailureRatioHigh',
  },
  'reconnect-timeouts': {
    category: 'G',
    summary: 'sync sockets lose their heartbeat, and their clients reconnect',
    alert: 'OpenAgentsRuntimeSyncSocketTimeoutRateHigh',
  },
  'stale-cursors': {
    category: 'G',
    summary: 'clients come with cursors below the retention floor',
    alert: 'OpenAgentsRuntimeSyncStaleCursorSpike',
  },
  'request-errors': {
    category: null,
    summary: 'every second request of a user is answered with 500',
    alert: 'OpenAgentsRuntimeErrorRatioHigh',
  },
} as const satisfies Record<string, Way>;

export type WayName = keyof typeof ways;

/** Tells whether there is such a way. */
export const isWay = (name: string): name is WayName => Object.hasOwn(ways, name);
