import type { Category } from '../category.ts';
import { increaseOf } from '../own-series.ts';

/** Runs that the policy denies (runbook 001, section 4, D). */
export const policyDenials = {
  letter: 'D',
  title: 'policy denial anomaly',
  alerts: ['OpenAgentsRuntimePolicyDenialsHigh'],
  words: ['policy', 'budget', 'budgets', 'policy.decision', 'budget_exhausted', 'tool_not_allowed'],
  runbook: 'docs/runbooks/policy-denials.md',
  looks: [
    { kind: 'logs', name: 'policy decisions', word: 'policy', by: ['decision', 'reason_code'] },
    {
      kind: 'metric',
      name: 'denial reasons',
      query: increaseOf('openagents_runtime_policy_denials_total', ['reason_code']),
    },
    { kind: 'logs', name: 'exhausted budgets', word: 'budget_exhausted', by: ['run_id'] },
  ],
  checklist: [
    {
      name: 'reasons',
      action: 'compare the reason codes of the denials',
      cites: 'runbook 001, section 4, D, action 1',
      answeredBy: { looks: ['policy decisions', 'denial reasons'] },
    },
    {
      name: 'budgets',
      action: 'confirm the delegated budgets, and recent changes of their settings',
      cites: 'runbook 001, section 4, D, action 2',
      answeredBy: {
        person:
          'budgets are delegated by the control plane, which no look reads; ' +
          'changes of the service itself are among the suspects',
      },
    },
    {
      name: 'loops',
      action: 'see whether the same runs exhaust their budget again and again',
      cites: 'runbook 001, section 4, D, action 3',
      answeredBy: { looks: ['exhausted budgets'] },
    },
  ],
  mitigations: [{ action: 'rollback' }],
} as const satisfies Category;
