'use strict';

const { runtimeUrl } = require('./configuration');

/** The runtime did not answer at all. */
class Unreachable extends Error {}

/** One call of the runtime's internal API: its status and JSON body. Throws Unreachable when nothing answers. */
const call = async (method, path, body) => {
  try {
    const response = await fetch(new URL(path, runtimeUrl), {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    throw new Unreachable(`${method} ${path}: ${error.cause?.message || error.message}`);
  }
};

module.exports = { Unreachable, call };
