'use strict';

/** What a caller did wrong, or may not do now: answered with its status, not logged as an error of the service. */
exports.Refused = class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
};
