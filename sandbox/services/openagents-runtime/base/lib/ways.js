'use strict';

/**
 * Ways to misbehave (runbook 001, section 4): what happens instead of the usual. While one is on, its kind of work goes
 * wrong for every run, and four times a second besides.
 */
module.exports = {
  'tail-timeout-storm': { kind: 'stream', details: { outcome: 'tail_timeout' } },
  'cancel-storm': { kind: 'stream', details: { outcome: 'client_closed' } },
  'lease-steals': { kind: 'lease', details: { outcome: 'stolen' } },
  'tool-failures': {
    kind: 'tool',
    details: { tool: 'web_search', provider: 'search-api', outcome: 'failed', error_class: 'upstream_timeout' },
  },
  'policy-denials': { kind: 'policy', details: { decision: 'denied', reason_code: 'budget_exhausted' } },
  'circuit-open': { kind: 'circuit', details: { tool: 'summarize', provider: 'model-api', state: 'open' } },
  'auth-unknown-kid': { kind: 'auth', details: { outcome: 'rejected', reason: 'unknown_kid' } },
  'auth-claim-mismatch': { kind: 'auth', details: { outcome: 'rejected', reason: 'claim_mismatch' } },
  'auth-token-expired': { kind: 'auth', details: { outcome: 'rejected', reason: 'token_expired' } },
  'auth-missing-token': { kind: 'auth', details: { outcome: 'rejected', reason: 'missing_token' } },
  'token-mint-failures': { kind: 'mint', details: { outcome: 'failed', error_class: 'signing_key_unavailable' } },
  'reconnect-timeouts': { kind: 'socket', details: { outcome: 'timeout' } },
  'stale-cursors': { kind: 'cursor', details: { outcome: 'stale_cursor' } },
  'request-errors': { kind: 'request', details: { message: 'the run queue does not answer' } },
};
