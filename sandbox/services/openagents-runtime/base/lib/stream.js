'use strict';

/** Tables of the sync stream that this release needs: none yet. */
exports.tables = [];

/** Called in the transaction of every event of a run. Nothing listens to the stream yet. */
exports.publish = async () => {};

exports.routes = [];
