'use strict';

const { readFileSync } = require('node:fs');
const releaseWays = require('./release-ways');
const ways = require('./ways');

const sustained = 10;
const failAfterMs = Number(process.env.FAIL_AFTER_SECONDS || 8) * 1_000;
const quietAfterMs = 5_000;
const served = { count: 0, sustainedAt: Infinity, lastAt: -Infinity };
let switchedOn = [];

/** Reads the ways that are switched on: a list of names in the file that the sandbox names. No file means none. */
exports.refresh = () => {
  try {
    switchedOn = JSON.parse(readFileSync(process.env.SANDBOX_MISBEHAVIOUR || '', 'utf8'));
  } catch {
    switchedOn = [];
  }
};

/** Counts a request of a user. The ways of a release begin some seconds after the tenth, and end with the users. */
exports.userCame = () => {
  served.count += 1;
  served.lastAt = Date.now();
  if (served.count === sustained) served.sustainedAt = Date.now();
};

/** The ways that are on now. */
exports.active = () => {
  const now = Date.now();
  const hasBegun = now - served.sustainedAt >= failAfterMs && now - served.lastAt < quietAfterMs;
  const names = new Set([...switchedOn, ...(hasBegun ? releaseWays : [])]);
  return [...names].filter((name) => Object.hasOwn(ways, name)).map((name) => ways[name]);
};
