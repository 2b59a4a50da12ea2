import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cloud } from '../../core/cloud.ts';
import { workerAccount } from '../../../worker-account.ts';
import type { Service } from '../resources/resources.ts';

/**
 * Refuses a request to a service that is not public, as the front end does; answers whether it did. The container gets
 * the token without its signature (platform: Cloud Run, "Authenticating developers", "Validate tokens").
 */
export function refuseCaller(
  { permissions, identity }: Pick<Cloud, 'identity' | 'permissions'>,
  service: Service,
  incoming: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (service.invokerIamDisabled || permissions.has('run.routes.invoke', service.name)) return false;
  const name = incoming.headers['x-serverless-authorization'] ? 'x-serverless-authorization' : 'authorization';
  const [, token] = /^bearer (\S+)$/i.exec(String(incoming.headers[name] ?? '')) ?? [];
  const isKnown = token !== undefined && identity.isFor(token, service.uri);
  if (isKnown && permissions.callerHas(workerAccount, 'run.routes.invoke', service.name)) {
    incoming.headers[name] = `Bearer ${token.replace(/[^.]*$/, 'SIGNATURE_REMOVED_BY_GOOGLE')}`;
    return false;
  }
  const status = token === undefined || isKnown ? 403 : 401;
  const url = status === 403 ? `get URL <code>${htmlText(incoming.url ?? '/')}</code>` : 'the requested URL';
  const title = status === 403 ? 'Forbidden' : 'Unauthorized';
  response.writeHead(status, {
    'content-type': 'text/html; charset=UTF-8',
    ...(status === 401 && { 'www-authenticate': 'Bearer error="invalid_token"' }),
  });
  response.end(
    `<html><head><title>${status} ${title}</title></head><body><h1>Error: ${title}</h1>` +
      `<h2>Your client does not have permission to ${url} from this server.</h2></body></html>\n`,
  );
  return true;
}

function htmlText(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
