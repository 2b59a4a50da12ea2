'use strict';

const { counter, gauge } = require('./metrics');

const tools = [
  { tool: 'web_search', provider: 'search-api' },
  { tool: 'summarize', provider: 'model-api' },
  { tool: 'code_run', provider: 'sandbox-api' },
];
const rejectReasons = ['unknown_kid', 'claim_mismatch', 'token_expired', 'missing_token'];
const providers = tools.map(({ provider }) => provider);

const sessions = counter(
  'openagents_runtime_stream_sessions_total',
  'Stream sessions that ended, by outcome.',
  ['completed', 'client_closed', 'tail_timeout'].map((outcome) => ({ outcome })),
);
const acquired = counter('openagents_runtime_lease_acquisitions_total', 'Leases of runs that were taken.');
const stolen = counter('openagents_runtime_lease_steals_total', 'Leases taken from a holder that did not renew them.');
const toolCalls = counter(
  'openagents_runtime_tool_calls_total',
  'Tool calls, by tool, provider, outcome and class of error.',
  tools.map((call) => ({ ...call, outcome: 'completed', error_class: '' })),
);
const decisions = counter('openagents_runtime_policy_decisions_total', 'Policy decisions on runs.');
const denials = counter(
  'openagents_runtime_policy_denials_total',
  'Runs that the policy denied, by reason code.',
  ['budget_exhausted', 'tool_not_allowed'].map((reason_code) => ({ reason_code })),
);
const circuits = gauge(
  'openagents_runtime_circuit_breaker_open',
  '1 while the circuit breaker of a provider is open, else 0.',
  providers.map((provider) => ({ provider })),
);
const attempts = counter('openagents_runtime_sync_socket_auth_attempts_total', 'Sync sockets that asked to be let in.');
const rejects = counter(
  'openagents_runtime_sync_socket_auth_rejects_total',
  'Sync sockets that were not let in, by reason.',
  rejectReasons.map((reason) => ({ reason })),
);
const mints = counter(
  'openagents_khala_token_mints_total',
  'Khala tokens asked for, by outcome.',
  ['minted', 'failed'].map((outcome) => ({ outcome })),
);
const reconnects = counter('openagents_runtime_sync_socket_reconnects_total', 'Sync sockets that came back.');
const timeouts = counter('openagents_runtime_sync_socket_timeouts_total', 'Sync sockets without a heartbeat in time.');
const resumes = counter('openagents_runtime_sync_resumes_total', 'Clients that went on at a cursor.');
const stale = counter('openagents_runtime_sync_stale_cursors_total', 'Clients whose cursor was no longer retained.');

const isNth = (turn, every) => turn % every === every - 1;

/**
 * What the runtime does for a run, by kind. `usual` says how the nth one goes when all is well, null for nothing to do;
 * `count` moves the metrics; `problem` is the line of the log, for what did not go well. Details are labels and fields.
 */
exports.kinds = {
  policy: {
    event: 'policy.decision',
    usual: (turn) =>
      isNth(turn, 100) ? { decision: 'denied', reason_code: 'tool_not_allowed' } : { decision: 'allowed' },
    count: ({ decision, reason_code }) => {
      decisions.increase();
      if (decision === 'denied') denials.increase({ reason_code });
    },
    problem: ({ decision, reason_code }) => decision === 'denied' && `policy denied the run: ${reason_code}`,
  },
  lease: {
    event: 'lease.acquire',
    usual: (turn) => ({ outcome: isNth(turn, 100) ? 'stolen' : 'acquired' }),
    count: ({ outcome }) => {
      acquired.increase();
      if (outcome === 'stolen') stolen.increase();
    },
    problem: ({ outcome }) => outcome === 'stolen' && 'lease stolen: its holder did not renew it in time',
  },
  tool: {
    event: 'tool.call',
    usual: (turn) => ({ ...tools[turn % tools.length], outcome: 'completed', error_class: '' }),
    count: ({ tool, provider, outcome, error_class }) => toolCalls.increase({ tool, provider, outcome, error_class }),
    problem: ({ tool, provider, outcome, error_class }) =>
      outcome === 'failed' && `tool call failed: ${tool} at ${provider}: ${error_class}`,
  },
  circuit: {
    event: 'circuit.breaker',
    usual: () => null,
    count: ({ tool, provider }) =>
      toolCalls.increase({ tool, provider, outcome: 'short_circuited', error_class: 'circuit_open' }),
    problem: ({ tool, provider }) => `circuit breaker of ${provider} is open: tool ${tool} not called`,
  },
  stream: {
    event: 'stream.session',
    usual: (turn) => ({ outcome: isNth(turn, 100) ? 'tail_timeout' : isNth(turn, 50) ? 'client_closed' : 'completed' }),
    count: ({ outcome }) => sessions.increase({ outcome }),
    problem: ({ outcome }) => outcome !== 'completed' && `stream session ended without run.finished: ${outcome}`,
  },
  auth: {
    event: 'sync.socket.auth',
    usual: (turn) => (isNth(turn, 100) ? { outcome: 'rejected', reason: 'token_expired' } : { outcome: 'accepted' }),
    count: ({ outcome, reason }) => {
      attempts.increase();
      if (outcome === 'rejected') rejects.increase({ reason });
    },
    problem: ({ outcome, reason }) => outcome === 'rejected' && `sync socket auth rejected: ${reason}`,
  },
  mint: {
    event: 'khala.token.mint',
    usual: () => ({ outcome: 'minted' }),
    count: ({ outcome }) => mints.increase({ outcome }),
    problem: ({ outcome, error_class }) => outcome === 'failed' && `khala token mint failed: ${error_class}`,
  },
  socket: {
    event: 'sync.socket.heartbeat',
    usual: (turn) => (isNth(turn, 10) ? { outcome: 'reconnected' } : null),
    count: ({ outcome }) => {
      reconnects.increase();
      if (outcome === 'timeout') timeouts.increase();
    },
    problem: ({ outcome }) => outcome === 'timeout' && 'sync socket timeout: no heartbeat, the client reconnects',
  },
  cursor: {
    event: 'sync.resume',
    usual: (turn) => (isNth(turn, 10) ? { outcome: 'resumed' } : null),
    count: ({ outcome }) => {
      resumes.increase();
      if (outcome === 'stale_cursor') stale.increase();
    },
    problem: ({ outcome }) => outcome === 'stale_cursor' && 'sync stale_cursor: the client has to take a snapshot anew',
  },
};

/** Says which provider's circuit breaker is open now. */
exports.showCircuits = (open) => {
  for (const provider of providers) circuits.set(open.includes(provider) ? 1 : 0, { provider });
};
