'use strict';

const { identity } = require('./configuration');

/** The home page. */
exports.home = () => `<!doctype html>
<html lang="en">
<title>OpenAgents</title>
<h1>OpenAgents</h1>
<p>Commit ${identity.commit}</p>
</html>
`;
