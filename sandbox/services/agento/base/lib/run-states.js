'use strict';

const next = {
  queued: ['running'],
  // Again `running`: the process that worked on it has died, and another one took the run over.
  running: ['running', 'completed', 'failed'],
  completed: [],
  failed: [],
};

exports.states = Object.keys(next);

exports.isFinal = (status) => next[status]?.length === 0;

exports.mayFollow = (from, to) => next[from]?.includes(to) ?? false;
