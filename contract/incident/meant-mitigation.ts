import type { MitigationName } from './category.ts';
import type { Proposal } from './status.ts';

/** What a person has said of a mitigation. */
export interface SaidOfMitigation {
  action?: MitigationName | undefined;
  to?: string | undefined;
  commit?: string | undefined;
  switch?: string | undefined;
}

/** A mitigation with what it begins, as far as people and the proposal say it. */
export type MeantMitigation = SaidOfMitigation & { action: MitigationName };

/** Completes what a person has said by what the incident proposes; a rollback where neither says what to do. */
export function meantMitigation(proposal: Proposal | null, said: SaidOfMitigation): MeantMitigation {
  const proposed = proposal?.mitigation;
  const action = said.action ?? proposed?.action ?? 'rollback';
  const proposedGoal = action === proposed?.action ? proposed.to : undefined;
  return {
    action,
    to: action === 'rollback' ? (said.to ?? proposedGoal) : undefined,
    commit: said.commit,
    switch: said.switch ?? proposed?.switch,
  };
}

/** Names what a mitigation begins, for the statement that is signed. */
export function describeMeant({ action, to, commit, switch: name }: MeantMitigation): string {
  const descriptions: Record<MitigationName, string> = {
    rollback: `rollback to ${to ?? 'what was verified before'}`,
    restart: 'restart',
    disableTraffic: `disableTraffic of ${name ?? 'the only switch'}`,
    deploy: `deploy of ${commit ?? 'no commit'}`,
  };
  return descriptions[action];
}
