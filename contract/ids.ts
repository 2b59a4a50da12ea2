/** Makes the ids that outsiders and other runs rely on. Nobody concatenates an id elsewhere. */

export const taskQueue = 'slipway';

/** Makes the fixed id of an environment's workflow. */
export function environmentWorkflowId(service: string, environment: string): string {
  return `environment/${service}/${environment}`;
}

/** Makes the fixed id of an incident. */
export function incidentWorkflowId(service: string, environment: string, key: string): string {
  return `incident/${service}/${environment}/${key}`;
}

/** Makes the fixed id of a drift check that an alert starts: one runs at a time for an environment. */
export function driftCheckWorkflowId(service: string, environment: string): string {
  return `drift-check/${service}/${environment}`;
}

/** The cause of an incident that a change opens: all such of an environment are one as long as it lives. */
export const failedGateCause = 'failed-gate';

/** Makes the id of a Temporal Schedule of Slipway's: no name has a slash, so that no two environments share one. */
export function scheduleId(workflowType: string, service: string, environment: string): string {
  return `${workflowType}/${service}/${environment}`;
}

/** Makes the id of a release's run for one stop; whoever knows the release finds it. */
export function stopWorkflowId(releaseWorkflowId: string, environment: string): string {
  return `${releaseWorkflowId}/${environment}`;
}

/**
 * Makes the change id: the last ten digits of the first execution's run id, which a retry, a reset and a
 * continue-as-new keep. They are random, so they are as good as a hash, and a person finds them in the UI. The leading
 * digits would not do: Temporal's run ids are UUIDs of version 7, which begin with the time, so two runs started in one
 * moment would share them. It begins with a letter, because outside names (revisions, tags) must.
 */
export function changeId(firstExecutionRunId: string): string {
  return `c${firstExecutionRunId.replaceAll('-', '').slice(-10)}`;
}

/** The beginning of the user agent of a gate's requests, so that they do not count as a user's. */
export const smokeAgentPrefix = 'slipway-smoke/';

/** Makes the user agent of a gate's requests, by which they are found in the request log. */
export function smokeUserAgent(change: string, attemptKey: string): string {
  return `${smokeAgentPrefix}${change}-${attemptKey}`;
}

/** Makes the marker of a gate's request that writes. A repeat finds it; another change or attempt never does. */
export function gateMarker(change: string, attemptKey: string, gate: string): string {
  return `slipway-${change}-${attemptKey}-${gate}`;
}

/** Names a text of evidence in its store by the SHA-256 of its bytes. */
export function objectPath(sha256: string): string {
  return `objects/${sha256.slice(0, 2)}/${sha256}`;
}
