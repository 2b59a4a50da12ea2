'use strict';

const { createHash, timingSafeEqual } = require('node:crypto');
const { Refused } = require('./refused');

const digest = (text) => createHash('sha256').update(text).digest();

/** Roles that may read and nothing else. */
const readers = new Set(['viewer', 'guest']);

/** Controls of the routes that change something: the key of internal callers, and a role that may write. */
exports.createAuth = ({ apiKey }) => ({
  agent: (headers) => {
    const given = headers['x-agent-api-key'];
    // Digests have one length, so that the comparison says nothing about the key's.
    if (!given || !timingSafeEqual(digest(given), digest(apiKey))) throw new Refused(401, 'x-agent-api-key is missing or wrong');
  },
  writer: (headers) => {
    const role = headers['x-user-role']?.trim();
    if (!role || readers.has(role)) throw new Refused(403, 'x-user-role is missing or may not write');
  },
});
