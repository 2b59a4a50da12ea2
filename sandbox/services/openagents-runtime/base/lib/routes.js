'use strict';

const health = require('./health');
const runs = require('./runs');
const stream = require('./stream');

exports.routes = [...health.routes, ...runs.routes, ...stream.routes];
