'use strict';

const { Refused } = require('./refused');

const markerShape = /^[A-Za-z0-9_.:/-]{1,200}$/;
const longestGoal = 500;
const mostRuns = 100;

/** The marker by which a caller finds its own request again; null for none. */
exports.markerOf = (value) => {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || !markerShape.test(value)) throw new Refused(422, 'marker must be at most 200 letters, digits, dots, colons, slashes, dashes');
  return value;
};

/** A text that a person gave, trimmed. */
exports.textOf = (name, value) => {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' || text.length > longestGoal) throw new Refused(422, `${name} must be a text of 1 to ${longestGoal} characters`);
  return text;
};

exports.limitOf = (value) => {
  if (value === null) return 20;
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostRuns) throw new Refused(400, `limit must be a number from 1 to ${mostRuns}`);
  return limit;
};
