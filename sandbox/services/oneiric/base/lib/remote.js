'use strict';

const { get } = require('node:http');
const { log } = require('./log');

const fail = (why) => log('ERROR', `remote sync attempt failed: ${why}`);

/** Fetches the manifest from afar, again and again. Without an answer the one beside the program stays. */
exports.syncRemote = ({ remoteManifest: { url, refreshSeconds } }) => {
  const sync = () => {
    if (!url) return fail('remote.sync_url is not set');
    const request = get(url, (response) => {
      response.resume();
      if (response.statusCode === 200) log('INFO', 'the remote manifest is here');
      else fail(`${url} answered ${response.statusCode}`);
    });
    request.on('error', ({ message }) => fail(message));
  };
  sync();
  setInterval(sync, refreshSeconds * 1_000).unref();
};
