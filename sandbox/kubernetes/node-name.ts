/** The one node of the sandbox's cluster. */
export const nodeName = 'slipway-node';
