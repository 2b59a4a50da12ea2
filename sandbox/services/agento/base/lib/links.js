'use strict';

/** Where people and other services find a run. */
exports.linksOf = ({ appBaseUrl, downstreamApiUrl }, runId) => ({
  self: new URL(`/runs/${runId}`, appBaseUrl).href,
  downstream: new URL(`/orchestrations/${runId}`, downstreamApiUrl).href,
});
