import { connect } from 'node:net';

/** Clouds hand out the credentials of a machine there, to every program on it. */
const host = '169.254.169.254';
const port = 80;
const answerWithinMs = 500;

/** Says whether the machine of the worker has a metadata server. */
export function hasMetadataServer(address = { host, port }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(answerWithinMs, () => settle(false));
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}
