import type { NodemailerError } from 'nodemailer';
import { finalFailure, passingFailure, signInFailure } from '../failure.ts';
import { oneLine } from '../one-line.ts';

/** Classifies what a mail server, or the way to it, has said (RFC 5321, 4.2.1: 4xx may pass, 5xx does not). */
export function failureOfServer(place: string, error: unknown): Error {
  const failure = error as NodemailerError;
  const { code, message, response, responseCode } = failure;
  const said = oneLine(response ?? message);
  if (code === 'EAUTH' && !isPassing(responseCode)) return signInFailure(`${place} refuses the login: ${said}`);
  // The certificate or STARTTLS, before anything was sent: a password or a text in clear would be worse.
  if (isDistrust(failure))
    return finalFailure(
      'BadRequest',
      `${place} has no TLS that can be trusted, so nothing was sent: ${said}; ` +
        'the worker trusts an authority of your own by NODE_EXTRA_CA_CERTS',
    );
  if (responseCode === undefined || isPassing(responseCode))
    return passingFailure(responseCode === undefined ? `${place} does not answer: ${said}` : `${place}: ${said}`);
  return finalFailure('BadRequest', `${place} refused: ${said}`);
}

/** Says whether the server has no TLS, or a certificate that nobody vouches for (Node, tls: certificate errors). */
function isDistrust({ code, originalCode = '', timeoutType }: NodemailerError): boolean {
  return (code === 'ETLS' && timeoutType === undefined) || /CERT|^UNABLE_TO_|^ERR_(TLS|SSL)_/.test(originalCode);
}

function isPassing(responseCode: number | undefined): boolean {
  return responseCode !== undefined && responseCode < 500;
}
