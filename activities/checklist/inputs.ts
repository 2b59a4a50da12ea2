import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { Ports } from '../ports/index.ts';
import { combineFindings } from './findings.ts';

/**
 * Confirms that inputs are declared and secrets are present in each environment (runbook 004, required inputs;
 * pre-deploy checklist, line 4). Reads no value.
 */
export async function confirmInputs(
  { secrets }: Pick<Ports, 'secrets'>,
  stops: readonly CatalogEntry[],
): Promise<Finding> {
  return combineFindings(
    await Promise.all(
      stops.map(async ({ environment, settings }) => {
        const { inputs = [], variables, secrets: declared, target } = settings;
        const absent = inputs
          .filter((input) => variables[input] === undefined && declared[input] === undefined)
          .map((input) => `input ${input} is neither in variables nor in secrets of the catalog`);
        const states = await Promise.all(
          Object.entries(declared).map(async ([variable, { secret, version }]) => {
            const state = await secrets.stateOf(target, secret, version);
            return state === 'enabled' ? [] : [`${variable}: version ${version} of secret ${secret} is ${state}`];
          }),
        );
        const problems = [...absent, ...states.flat()];
        if (problems.length > 0) return { environment, verdict: 'fail' as const, reason: problems.join(', ') };
        return {
          environment,
          verdict: 'pass' as const,
          reason: `${inputs.length} inputs declared, ${states.length} secrets enabled`,
        };
      }),
    ),
  );
}
