/** Names that outsiders and other runs rely on. Nobody concatenates an id elsewhere. */

export const taskQueue = 'slipway';

/** The fixed id of an environment's queue, holds and ledger. */
export function environmentWorkflowId(service: string, environment: string): string {
  return `environment/${service}/${environment}`;
}

/** The fixed id of an incident. */
export function incidentWorkflowId(service: string, environment: string, key: string): string {
  return `incident/${service}/${environment}/${key}`;
}

/** The run that brings a release to one of its stops; whoever knows the release finds it. */
export function stopWorkflowId(releaseWorkflowId: string, environment: string): string {
  return `${releaseWorkflowId}/${environment}`;
}

/**
 * The change id: the last ten digits of the run's first execution's id, which a retry, a reset and a continue-as-new
 * keep. They are random, so they are as good as a hash, and a person finds them in the UI. The leading digits would
 * not do: Temporal's run ids are UUIDs of version 7, which begin with the time, so that two runs started in one
 * moment would share them. It begins with a letter, because outside names (revisions, tags) must.
 */
export function changeId(firstExecutionRunId: string): string {
  return `c${firstExecutionRunId.replaceAll('-', '').slice(-10)}`;
}

/** Begins the user agent of every request of a gate, so that it is not taken for one of a user. */
export const smokeAgentPrefix = 'slipway-smoke/';

/** Names a look's requests, so that a gate finds them again in the request log. */
export function smokeUserAgent(change: string, attemptKey: string): string {
  return `${smokeAgentPrefix}${change}-${attemptKey}`;
}

/**
 * Carried by a gate's request that writes: a repeat of the same look finds it, another change's or round's never
 * does.
 */
export function gateMarker(change: string, attemptKey: string, gate: string): string {
  return `slipway-${change}-${attemptKey}-${gate}`;
}
