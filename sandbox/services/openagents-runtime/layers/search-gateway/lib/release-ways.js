'use strict';

/** Web search through another gateway, which does not answer in time: its calls fail from some seconds on. */
module.exports = ['tool-failures'];
