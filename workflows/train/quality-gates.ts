import { checking } from '../run/activities.ts';
import { now } from '../run/journal.ts';
import type { ChecklistCheck } from './checks.ts';
import type { Release } from './release.ts';

/**
 * Answers the checks of the commit's own gates, such as check, build and test: run in one clean checkout, or read from
 * GitHub (runbook 004, pre-deploy checklist, line 1).
 */
export function qualityGates({ run, entry, train, input }: Release): ChecklistCheck[] {
  const { commit } = input;
  const { commands = [], github } = train.checklist ?? {};
  if (github) {
    const read = (checks: string[]) =>
      checking('checks of the commit on GitHub').confirmGithubChecks({
        github: { ...github, checks },
        commit,
        since: now(),
      });
    return [{ lines: github.checks, look: read }];
  }
  if (commands.length === 0) return [];
  const look = async (names: string[]) => {
    const gates = commands
      .filter(({ name }) => names.includes(name))
      .map((command) => ({ ...command, kind: 'command' as const }));
    const judgement = await checking(`run ${names.join(', ')} in a clean checkout`.slice(0, 200)).runCommands({
      entry,
      commit,
      change: run.id,
      gates,
    });
    return judgement.gates;
  };
  return [{ lines: commands.map(({ name }) => name), look }];
}
