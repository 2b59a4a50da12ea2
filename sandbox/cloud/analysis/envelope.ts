import { sign } from 'node:crypto';

/** Holds a signed statement. Specification: DSSE 1.0, envelope. */
export interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { keyid: string; sig: string }[];
}

const payloadType = 'application/vnd.in-toto+json';

/** Signs a statement. Specification: DSSE 1.0, pre-authentication encoding. */
export function signStatement(statement: object, privateKey: string, keyid: string): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  const encoded = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const sig = sign('sha256', encoded, privateKey).toString('base64');
  return { payload: payload.toString('base64'), payloadType, signatures: [{ keyid, sig }] };
}
