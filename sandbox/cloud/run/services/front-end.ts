import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Answers a path that Google's front end keeps for itself, and says whether it did: neither the service nor its request
 * log sees it. Platform: Cloud Run, "Known issues", reserved URL paths. Of "some paths ending with z" users report
 * `/healthz`, and that `/healthz/`, `/readyz` and `/livez` arrive.
 */
export function answerReservedPath({ url = '/' }: IncomingMessage, response: ServerResponse): boolean {
  const [path = ''] = url.split('?');
  if (path !== '/healthz' && path !== '/eventlog' && !path.startsWith('/_ah/')) return false;
  response.writeHead(404, { 'content-type': 'text/html; charset=UTF-8' });
  response.end(
    '<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n' +
      '<p><b>404.</b> <ins>That’s an error.</ins>\n<p>The requested URL was not found on this server.\n',
  );
  return true;
}
