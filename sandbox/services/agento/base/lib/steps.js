'use strict';

/** Tables of the steps that this release needs: none yet. */
exports.tables = [];

/** Called with the steps of every run that completes. Nothing keeps them yet. */
exports.record = async () => {};

exports.routes = () => [];
