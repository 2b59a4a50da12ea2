/**
 * The account of a worker in the sandbox. It stands in for the worker's credentials: a token of the sandbox is the name
 * of its account, unsigned, since the sandbox guards nothing.
 */
export const workerAccount = 'worker@slipway-sandbox.iam.gserviceaccount.com';
