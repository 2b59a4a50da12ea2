import type { Category } from '../category.ts';
import { increaseOf, ownSeries } from '../own-series.ts';

const calls = 'openagents_runtime_tool_calls_total';

/** Calls of tools that fail (runbook 001, section 4, C). */
export const toolFailures = {
  letter: 'C',
  title: 'tool failures spike',
  alerts: ['OpenAgentsRuntimeToolFailureRatioHigh'],
  words: ['tool', 'tools', 'tool.call', 'tool call failed', 'upstream_timeout'],
  runbook: 'docs/runbooks/tool-failures.md',
  looks: [
    { kind: 'logs', name: 'tool calls', word: 'tool', by: ['tool', 'provider', 'error_class'] },
    {
      kind: 'metric',
      name: 'tool failures',
      query: increaseOf(calls, ['tool', 'provider', 'error_class'], 'outcome="failed"'),
    },
    {
      kind: 'metric',
      name: 'provider failure ratio',
      query:
        `${increaseOf(calls, ['provider'], 'outcome="failed"')} / ` +
        increaseOf(calls, ['provider'], 'outcome=~"completed|failed"'),
    },
    {
      kind: 'metric',
      name: 'circuit breakers',
      query: `max by (provider) (${ownSeries('openagents_runtime_circuit_breaker_open')})`,
    },
    { kind: 'logs', name: 'timeouts', word: 'timeout', by: ['tool', 'error_class'] },
    { kind: 'logs', name: 'cancellations', word: 'cancel', by: ['event', 'outcome'] },
  ],
  checklist: [
    {
      name: 'split',
      action: 'split the failures by tool, provider and class of error',
      cites: 'runbook 001, section 4, C, action 1',
      answeredBy: { looks: ['tool calls', 'tool failures'] },
    },
    {
      name: 'providers',
      action: 'see whether the calls of one provider fail, and which circuit breakers are open',
      cites: 'runbook 001, section 4, C, action 2',
      answeredBy: { looks: ['provider failure ratio', 'circuit breakers'] },
    },
    {
      name: 'time limits',
      action: 'see which tools run into their time limit, and what is cancelled',
      cites: 'runbook 001, section 4, C, action 3',
      answeredBy: { looks: ['timeouts', 'cancellations'] },
    },
  ],
  mitigations: [{ action: 'rollback' }, { action: 'disableTraffic', looks: ['tool calls', 'timeouts'] }],
} as const satisfies Category;
