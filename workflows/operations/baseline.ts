import { setCurrentDetails } from '@temporalio/workflow';
import type { BaselineCheck, BaselineReport } from '../../contract/baseline.ts';
import { baselineInput } from '../../contract/inputs.ts';
import { verdictOf } from '../../contract/verdict.ts';
import { checking, lookups } from '../run/activities.ts';
import { describeOutcome } from '../run/checks-outcome.ts';
import { describeNextSteps } from '../run/details.ts';
import { asOutcome, ending } from '../run/failures.ts';
import { parseStart } from '../run/messages.ts';
import { publishAttributes } from '../run/publication.ts';

/**
 * Gate G0: what must hold on a machine before work on a service begins (runbook 001, section 9), or the service's
 * validation commands (section 8). The checks are made where the worker runs; a cancelled run leaves none of them
 * behind. Fails as `Unhealthy` unless all pass; the failure's details have all of them.
 */
export async function baseline(raw: unknown): Promise<BaselineReport & { outcome: string }> {
  const { service, commit = null, validation = false } = parseStart(baselineInput, raw);
  const list = validation ? 'validation' : 'baseline';
  const found = await lookups.resolveBaseline({ service, list }).catch(asOutcome);
  publishAttributes({ SlipwayService: service }, found.searchAttributes);
  const { repository, baseline: entry } = found;
  const made = await checking(`${list} of ${service}`)
    .checkBaseline({ repository, baseline: entry, commit, list })
    .catch(asOutcome);
  const report = { service, list, ...made } as const;
  const outcome = `${list} of ${service}: ${describe(made.checks)}`;
  setCurrentDetails(describeNextSteps(report.checks, outcome));
  if (verdictOf(made.checks) !== 'pass') throw ending('Unhealthy', outcome, undefined, [report]);
  return { outcome, ...report };
}

/** Says what is off, and how many checks were not even made. */
function describe(checks: readonly BaselineCheck[]): string {
  const made = checks.filter((check) => check.made);
  const left = checks.length - made.length;
  return `${describeOutcome(made)}${left === 0 ? '' : `; ${left} not run`}`;
}
