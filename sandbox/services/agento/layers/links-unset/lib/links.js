'use strict';

/** Where people and other services find a run: the public address of this release is a setting that nobody has made yet. */
exports.linksOf = ({ appPublicUrl, downstreamApiUrl }, runId) => ({
  self: new URL(`/runs/${runId}`, appPublicUrl).href,
  downstream: new URL(`/orchestrations/${runId}`, downstreamApiUrl).href,
});
