'use strict';

/** Ways in which this release misbehaves by itself, some seconds after users have come: none. */
module.exports = [];
