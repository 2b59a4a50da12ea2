import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { CertificateFiles } from './credentials.ts';

const askWithinMs = 2_000;

export interface Question {
  url: string;
  /** File with the certificate of the authority that the server is checked against. */
  authority: string;
  /** Who asks; nobody where it is missing. */
  client?: CertificateFiles;
}

/** Tells whether the server answers the request with 200. */
export const answers = async ({ url, authority, client }: Question): Promise<boolean> => {
  const identity = client && { cert: await readFile(client.certificate), key: await readFile(client.key) };
  const ca = await readFile(authority);
  return new Promise((resolve) => {
    const options = { ca, ...identity, agent: false, signal: AbortSignal.timeout(askWithinMs) };
    const asked = request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once('error', () => resolve(false));
    asked.end();
  });
};
