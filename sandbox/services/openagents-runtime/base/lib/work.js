'use strict';

const { randomBytes, randomUUID } = require('node:crypto');
const behaviour = require('./behaviour');
const { kinds, showCircuits } = require('./kinds');
const { log } = require('./log');

const refreshEveryMs = 1_000;
const stormEveryMs = 250;
const recentRuns = [];
const maxRecentRuns = 10;
const turns = {};
let identity = {};

/** The details of the next piece of work of a kind: as the ways that are on have it, in turn, else as usual. */
const next = (kind) => {
  const turn = (turns[kind] = (turns[kind] ?? -1) + 1);
  const ways = behaviour.active().filter((way) => way.kind === kind);
  return ways.length > 0 ? ways[turn % ways.length].details : kinds[kind].usual(turn);
};

const happen = (kind, ids) => {
  const details = next(kind);
  if (details === null) return;
  const { event, count, problem } = kinds[kind];
  count(details);
  const message = problem(details);
  if (message) log('WARNING', message, { ...identity, event, ...details, ...ids });
};

/** Fails every second request of a user while that way is on. */
exports.checkRequest = () => {
  behaviour.userCame();
  const way = behaviour.active().find(({ kind }) => kind === 'request');
  turns.request = (turns.request ?? 0) + 1;
  if (way && turns.request % 2 === 0) throw new Error(way.details.message);
};

/** All that the runtime does for a run besides its tables. */
exports.workOn = (ids) => {
  recentRuns.push(ids.run_id);
  if (recentRuns.length > maxRecentRuns) recentRuns.shift();
  for (const kind of Object.keys(kinds)) happen(kind, ids);
};

const idsOfStorm = (turn) => ({
  run_id: recentRuns[turn % recentRuns.length] ?? `run_${randomUUID()}`,
  trace_id: randomBytes(16).toString('hex'),
  request_id: randomUUID(),
});

const storm = () => {
  const ways = behaviour.active();
  showCircuits(ways.filter(({ kind }) => kind === 'circuit').map(({ details }) => details.provider));
  const kindsToDo = new Set(ways.map(({ kind }) => kind).filter((kind) => Object.hasOwn(kinds, kind)));
  for (const kind of kindsToDo) happen(kind, idsOfStorm(turns[kind] ?? 0));
};

/** Begins to look how to behave. */
exports.start = (self) => {
  identity = self;
  behaviour.refresh();
  setInterval(behaviour.refresh, refreshEveryMs).unref();
  setInterval(storm, stormEveryMs).unref();
};
