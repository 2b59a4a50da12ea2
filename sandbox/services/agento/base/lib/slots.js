'use strict';

/** Requests that work on runs now. */
const taken = new Set();

/** Runs `work` holding one slot. */
exports.withSlot = async (work) => {
  const slot = Symbol('slot');
  taken.add(slot);
  try {
    return await work();
  } finally {
    taken.delete(slot);
  }
};
