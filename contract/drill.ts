import type { Artifact } from './artifact.ts';
import { countOf, type RequiredApproval } from './plan.ts';
import type { StepName } from './step-names.ts';
import type { Finding } from './verdict.ts';

/** Lists what a drill can do to a service, in the order in which it is done (runbook 001, section 8). */
export const drillParts = ['deletePod', 'restart', 'breakConnections'] as const;
export type DrillPart = (typeof drillParts)[number];

/** Names the step of each part. */
export const drillSteps = {
  deletePod: 'delete-pod',
  restart: 'restart',
  breakConnections: 'break-connections',
} as const satisfies Record<DrillPart, StepName>;

/** One instance of a service, such as a pod; another one of the same name has another id. */
export interface Instance {
  name: string;
  id: string;
}

/** Describes what a drill disturbs, read before it disturbs anything. */
export interface DrillPlan {
  parts: DrillPart[];
  /** What serves before, and has to serve afterwards. */
  artifact: Artifact;
  revision: string;
  url: string;
  /** The key of the live state, for the fence's stamp. */
  key: string;
  /** Digest of the resolved catalog entry; absent in a plan of an earlier version. */
  catalog?: string;
  /** SHA-256 of change, parts, catalog entry and what serves: what an approval names. */
  hash: string;
}

/** Answers the query `plan` of a drill: what people approve. */
export interface ApprovableDrill extends DrillPlan {
  kind: 'drill';
  change: string;
  service: string;
  environment: string;
  approvals: RequiredApproval[];
}

/** Holds what one client saw in a time. */
export interface ClientReport {
  /** Answers that arrived whole. */
  requests: number;
  /** Answers that did not come, broke off, or had a status outside of 2xx. */
  errors: number;
  /** Connections that were lost. */
  losses: number;
  /** The longest time in which nothing of an answer arrived. */
  longestGapMs: number;
  /** The longest time from a loss, or an error, to the next answer; null if there was none. */
  reconnectMs: number | null;
  /** False if it was without an answer at the end. */
  isConnected: boolean;
}

/** Reports one part of a drill. Inconclusive if clients were lost with their worker (invariant I10). */
export interface DrillPartReport extends Finding {
  part: DrillPart;
  /** The instances that were ended, one after the other. */
  ended: string[];
  /** From the first one's end until all instances were ready again; null if none was ended. */
  readyAfterMs: number | null;
  /** Each client before anything was disturbed; empty after an interruption. */
  before: ClientReport[];
  /** Each client from the disturbance on, until all had come back. */
  during: ClientReport[];
}

/** Holds the result of a drill that every client came through. */
export interface DrillResult {
  outcome: string;
  change: string;
  service: string;
  environment: string;
  digest: string;
  revision: string;
  parts: DrillPartReport[];
}

/** Sums up what the clients saw, in one line. */
export function describeClients(clients: readonly ClientReport[]): string {
  const sum = (pick: (client: ClientReport) => number) => clients.reduce((total, client) => total + pick(client), 0);
  const longest = (pick: (client: ClientReport) => number) => Math.max(0, ...clients.map(pick));
  const back = clients.filter(({ isConnected }) => isConnected).length;
  const hadLoss = clients.some(({ reconnectMs }) => reconnectMs !== null);
  return [
    `${back} of ${countOf(clients.length, 'client')} connected`,
    `${countOf(
      sum(({ errors }) => errors),
      'error',
    )} beside ${countOf(
      sum(({ requests }) => requests),
      'answer',
    )}`,
    `longest gap ${secondsText(longest(({ longestGapMs }) => longestGapMs))}`,
    hadLoss
      ? `slowest reconnect ${secondsText(longest(({ reconnectMs }) => reconnectMs ?? 0))}`
      : 'no connection was lost',
  ].join(', ');
}

/** Describes one client in one line. */
export function describeClient(client: ClientReport, index: number): string {
  const { requests, errors, losses, longestGapMs, reconnectMs, isConnected } = client;
  return [
    `client ${index + 1}: ${countOf(requests, 'answer')}, ${countOf(errors, 'error')}`,
    `connection lost ${losses} ${losses === 1 ? 'time' : 'times'}`,
    `longest gap ${secondsText(longestGapMs)}`,
    ...(reconnectMs === null ? [] : [`back after ${secondsText(reconnectMs)}`]),
    ...(isConnected ? [] : ['did not come back']),
  ].join(', ');
}

/** Writes milliseconds as people read them: `1.24 s`. */
export function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
