import { platformOf } from '../../contract/catalog/targets/index.ts';
import type { Look } from '../../contract/incident/look.ts';
import { verdictOf, verdictWords } from '../../contract/verdict.ts';
import type { LookKind } from './look-kind.ts';

/** Makes the checks of a day: pods, restarts, autoscaler, last jobs (runbook 001, section 3, steps 2 and 3). */
export const health: LookKind<Extract<Look, { kind: 'health' }>> = {
  question: (_look, { entry }) => ({
    source: platformOf(entry.settings.target),
    query: '',
    link: null,
    window: null,
  }),

  answer: async (_look, { entry, ports }) => {
    const { target } = entry.settings;
    const checks = await ports.targets[target.kind].health(target);
    const poor = checks.filter(({ verdict }) => verdict !== 'pass');
    return {
      verdict: verdictOf(checks),
      reason:
        poor.length === 0
          ? `all ${checks.length} checks pass`
          : poor.map(({ name, verdict, reason }) => `${name} ${verdictWords[verdict]}: ${reason}`).join('; '),
      count: poor.length,
      lines: checks.map(({ name, verdict, reason }) => `${verdict} ${name}: ${reason}`),
    };
  },
};
