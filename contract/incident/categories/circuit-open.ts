import type { Category } from '../category.ts';
import { increaseOf, ownSeries } from '../own-series.ts';

/** A provider that is not called any more (runbook 001, section 4, E). */
export const circuitOpen = {
  letter: 'E',
  title: 'circuit breaker open',
  alerts: ['OpenAgentsRuntimeCircuitBreakerOpen'],
  words: ['circuit', 'breaker', 'circuit breaker', 'circuit.breaker', 'circuit_open', 'short_circuited'],
  runbook: 'docs/runbooks/circuit-open.md',
  looks: [
    {
      kind: 'metric',
      name: 'circuit breakers',
      query: `max by (provider) (${ownSeries('openagents_runtime_circuit_breaker_open')})`,
    },
    { kind: 'logs', name: 'circuit lines', word: 'circuit', by: ['provider', 'state', 'tool'] },
    {
      kind: 'metric',
      name: 'calls by outcome',
      query: increaseOf('openagents_runtime_tool_calls_total', ['provider', 'outcome']),
    },
  ],
  checklist: [
    {
      name: 'provider',
      action: 'confirm that the provider of the open breaker has an incident',
      cites: 'runbook 001, section 4, E, action 1',
      answeredBy: {
        person: 'only the provider knows: open its status page; the look `circuit breakers` says which one it is',
      },
    },
    {
      name: 'fallback',
      action: 'see whether calls that were not made are told, by provider and tool',
      cites: 'runbook 001, section 4, E, action 2',
      answeredBy: { looks: ['circuit lines', 'calls by outcome'] },
    },
    {
      name: 'settings',
      action: "roll back recent changes of the provider's settings, if they are the cause",
      cites: 'runbook 001, section 4, E, action 3',
      answeredBy: {
        person:
          'whether they are the cause is a judgement: the suspects say what has changed, ' +
          'and a mitigation takes it back',
      },
    },
  ],
  mitigations: [{ action: 'rollback' }, { action: 'disableTraffic', looks: ['circuit lines'] }],
} as const satisfies Category;
