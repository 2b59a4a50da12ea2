import { categoryOf } from '../../contract/incident/categories/index.ts';
import type { MitigationName, UsualMitigation } from '../../contract/incident/category.ts';
import type { Evidence } from '../../contract/incident/look.ts';
import type { IncidentStatus, Proposal, Suspect } from '../../contract/incident/status.ts';
import { hasWord } from '../../contract/incident/words.ts';
import { proposeAfterStepBack } from './after-step-back.ts';
import type { Incident } from './incident-run.ts';
import { responderCommand } from './responder-command.ts';

/** Points from which a change is suspect enough to be proposed for a rollback. */
const minScore = 50;

/** What helps where no category is known. */
const usually: readonly UsualMitigation[] = [{ action: 'rollback' }, { action: 'restart', looks: ['health'] }];

/** What a mitigation is proposed with: what it is for, and the fields of the message. */
interface Candidate {
  what: string;
  action: MitigationName;
  /** Of `disableTraffic`: the switch. */
  switch?: string;
  /** Of a rollback: the revision, where newer changes stand on the suspect. */
  to?: string;
}

/**
 * Proposes what to do next: to roll back the first suspect where the incident is release-correlated (runbook 004,
 * incident response checklist, step 3), else the first usual mitigation of its category that the evidence speaks for,
 * else what a person has to look at. What was tried and failed is not proposed again.
 */
export function propose(incident: Incident): Proposal {
  const { status } = incident.run.record;
  const afterStepBack = proposeAfterStepBack(incident);
  if (afterStepBack) return afterStepBack;
  if (status.mitigations.some(({ succeeded }) => succeeded === true))
    return command(incident, 'see whether the symptom is gone, then resolve the incident', 'resolve', {});
  const failed = status.mitigations.filter(({ succeeded }) => succeeded === false).map(({ name }) => name);
  const [first] = candidates(incident).filter(({ action }) => !failed.includes(action));
  const tried = failed.length > 0 ? `${[...new Set(failed)].join(', ')} did not help; ` : '';
  if (!first) return { ...nextOfChecklist(incident, tried), mitigation: null };
  const { what, ...flags } = first;
  return { ...command(incident, `${tried}${what}`, 'mitigate', flags), mitigation: flags };
}

/** Lists what the evidence speaks for, in the order of the category. */
function candidates({ run, entry }: Incident): Candidate[] {
  const { status } = run.record;
  const mitigations = status.category === null ? usually : categoryOf(status.category).mitigations;
  return mitigations.flatMap(({ action, looks = [] }): Candidate[] => {
    const [suspect] = status.suspects;
    if (action === 'rollback') return suspect && isSuspect(suspect) ? [rollbackOf(suspect)] : [];
    const speaking = status.evidence.filter(({ name, verdict }) => looks.includes(name) && verdict === 'fail');
    const [evidence] = speaking;
    if (!evidence) return [];
    if (action === 'restart') return [{ action, what: `restart: ${evidence.name}: ${evidence.reason}` }];
    return Object.entries(entry.settings.trafficSwitches ?? {}).flatMap(([name, { words = [name], description }]) => {
      const spoken = speaking.find((one) => speaksOf(one, words));
      const what = `disable requests of ${name} (users miss: ${description}): ${spoken?.name}: ${spoken?.reason}`;
      return spoken ? [{ action, switch: name, what }] : [];
    });
  });
}

function isSuspect({ change, score }: Suspect): boolean {
  return change !== '' && score >= minScore;
}

function rollbackOf({ what, reasons, wayBack }: Suspect): Candidate {
  const why = `${what} (${reasons.join('; ')})`;
  if (wayBack === undefined) return { action: 'rollback', what: `roll back: ${why}` };
  return { action: 'rollback', to: wayBack, what: `roll back to ${wayBack}, which served before it: ${why}` };
}

function speaksOf({ lines }: Evidence, words: readonly string[]): boolean {
  return words.some((word) => lines.some((line) => hasWord(line, word)));
}

function nextOfChecklist(incident: Incident, tried: string): Proposal {
  const { status } = incident.run.record;
  const open = status.checklist.find(({ state }) => state !== 'done');
  const why = `${tried}${isReleaseSuspect(status) ? 'nothing else is proposed' : 'no release is suspect'}`;
  const what = open ? `${why}; next of the checklist: ${open.action}` : why;
  return command(incident, what, 'note', { text: 'what you have seen', ...(open && { item: open.name }) });
}

function isReleaseSuspect({ suspects: [first] }: IncidentStatus): boolean {
  return first !== undefined && isSuspect(first);
}

function command(incident: Incident, what: string, verb: string, flags: Record<string, string>): Proposal {
  return { what, command: responderCommand(incident, verb, flags), mitigation: null };
}
