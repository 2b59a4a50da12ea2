'use strict';

const { identity } = require('./configuration');

/** The home page: what this service is, which release of it answers, and where its interface is. */
exports.home = () => `<!doctype html>
<html lang="en">
<title>OpenAgents</title>
<h1>OpenAgents</h1>
<p>Long-running agents, one run at a time.</p>
<p>Create a run: <code>POST /api/runs</code>. Read it: <code>GET /api/runs/:id</code>.</p>
<p>Commit ${identity.commit}${identity.revision ? `, revision ${identity.revision}` : ''}</p>
</html>
`;
