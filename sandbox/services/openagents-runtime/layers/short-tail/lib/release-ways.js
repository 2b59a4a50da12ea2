'use strict';

/** Streams are followed for too short a time: their sessions end by tail_timeout from some seconds on. */
module.exports = ['tail-timeout-storm'];
