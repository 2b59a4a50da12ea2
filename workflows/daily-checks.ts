import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { dailyChecksInput } from '../contract/inputs.ts';
import type { HealthCheck } from '../contract/live.ts';
import { verdictOf } from '../contract/verdict.ts';
import { lookups, reading } from './run/activities.ts';
import { describeOutcome } from './run/checks-outcome.ts';
import { describeChecks } from './run/details.ts';
import { asOutcome, ending, isExpected, messageOf } from './run/failures.ts';
import { parseStart } from './run/messages.ts';
import { publishAttributes } from './run/publication.ts';

export interface HealthReport {
  service: string;
  environment: string;
  checks: HealthCheck[];
}

/**
 * The checks of a day in one environment (runbook 001, section 1): pods, autoscaler, last smoke, or what its platform
 * has instead. It changes nothing. Fails as `Unhealthy` when a check fails; the failure's details have all of them.
 */
export async function dailyChecks(raw: unknown): Promise<HealthReport & { outcome: string }> {
  const { service, environment } = parseStart(dailyChecksInput, raw);
  const { entry, searchAttributes } = await lookups.resolve({ service, environment }).catch(asOutcome);
  publishAttributes({ SlipwayService: service, SlipwayEnvironment: environment }, searchAttributes);
  const checks = await look(entry);
  const outcome = describeOutcome(checks);
  const report = { service, environment, checks };
  setCurrentDetails(describeChecks(report, outcome));
  if (verdictOf(checks) !== 'fail') return { outcome: `${service} in ${environment}: ${outcome}`, ...report };
  throw ending('Unhealthy', `${service} in ${environment}: ${outcome}`, undefined, [report]);
}

/** A platform that cannot be looked at for minutes is itself what is off. */
async function look(entry: CatalogEntry): Promise<HealthCheck[]> {
  try {
    return await reading(`look at ${entry.service} in ${entry.environment}`).health({ entry });
  } catch (error) {
    if (isCancellation(error) || !isExpected(error)) throw error;
    return [{ name: 'platform', verdict: 'fail', reason: `nobody could look: ${messageOf(error)}` }];
  }
}
