import type { DisabledTraffic } from './environment.ts';
import type { LedgerEntry } from './ledger.ts';

/** The states of a path of traffic that a service has a switch for. */
export const trafficStates = ['disabled', 'enabled'] as const;
export type TrafficState = (typeof trafficStates)[number];

/** The facts of a report or an entry about a traffic switch. */
type SwitchReport = Extract<LedgerEntry, { kind: 'switchTraffic' }>;

/** Answers the disabled paths of traffic after one more entry about a switch; others change nothing. */
export function afterSwitch(
  disabled: readonly DisabledTraffic[],
  { switch: name, state, by, reason, change, at }: Omit<SwitchReport, 'number' | 'previous' | 'hash' | 'serves'>,
): DisabledTraffic[] {
  if (state === 'unchanged') return [...disabled];
  const others = disabled.filter((one) => one.switch !== name);
  return state === 'enabled' ? others : [...others, { switch: name, state, by, reason, change, since: at }];
}

/** Says one disabled path in one line: since when, by whom and why. */
export function describeDisabledTraffic(
  { switch: name, state, since, by, reason }: DisabledTraffic,
  moment: (at: string) => string,
): string {
  const what = state === 'disabled' ? `${name} is disabled` : `nobody knows whether ${name} is disabled`;
  return `${what} since ${moment(since)} by ${by}: ${reason}`;
}

/** The command that a person pastes to enable a path again. */
export function enableCommand(service: string, environment: string, name: string): string {
  return `./slipway switch-traffic ${service} --environment ${environment} --switch ${name} --to enabled --reason '…'`;
}
