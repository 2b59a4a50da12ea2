import { z } from 'zod';
import { count, hasUserOfHttp, jsonPointer, secretName, secretVersion, url } from './fields.ts';

/** Describes a request of a gate, and the checks that its fields need together. */

export const seconds = (low: number, high: number) => count('a number of seconds', low, high);
export const requestPath = z
  .string('must be a path')
  .regex(/^\/[^\s]*$/, 'must begin with /')
  .max(2000, 'at most 2000 characters')
  .meta({ title: 'path of a URL' });
export const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}$/, 'must be the name of a header')
  .meta({ title: 'header' });
const headerText = z
  .string('must be text')
  .regex(/^[\x20-\x7e]*$/, 'must be printable')
  .max(2000, 'at most 2000 characters');
/**
 * A plain text, or a secret that is read when the request is made: its value is in no file, plan, history or result.
 */
const headerValue = z
  .union(
    [
      headerText,
      z.strictObject({
        secret: secretName.describe('The name of a secret, read when the request is made.'),
        version: secretVersion.optional().describe('Default: `latest`.'),
      }),
      z.strictObject({
        identityToken: z
          .literal(true, 'must be true')
          .describe('True for `Bearer` and a token of the account of the worker, made when the request is made.'),
        audience: z
          .string('must be an audience')
          .regex(/^[\x21-\x7e]{1,500}$/, 'must be an audience without blanks')
          .optional()
          .describe("Whom the token is for. Default: the service's own address, for a candidate, too."),
      }),
    ],
    'must be text, {secret: <name>} or {identityToken: true}',
  )
  .meta({
    id: 'headerValue',
    title: 'Value of a header',
    description: 'A text, a secret by reference, or an identity token of the worker.',
  });
/** Headers whose values are secrets, whoever names them so. */
const secretHeaders = /^(proxy-)?authorization$|^cookie$|(^|[-_.])(api)?(key|token|secret|password|passwd)$/i;
/** A value that has nothing of its own: a scheme of RFC 9110, section 11.1, and placeholders. */
const onlyPlaceholders = /^((bearer|basic|token) +)?(\{[\w.-]+\})+$|^$/i;

/** Headers by name. A value that may be a secret is only named: the entry stands in every plan and history. */
export const requestHeaders = z.record(headerName, headerValue).check(({ value, issues }) => {
  for (const [header, text] of Object.entries(value))
    if (secretHeaders.test(header) && typeof text === 'string' && !onlyPlaceholders.test(text))
      issues.push({
        code: 'custom',
        input: header,
        path: [header],
        message:
          'must not be plain text, which would stand in every plan and history: ' +
          'write {secret: <name>}; the secret has the whole value, such as `Bearer …`',
      });
});
/** `host` or `host:port`, as a URL says it; an address of IPv6 in brackets. */
const host = z
  .string('must be a host')
  .regex(/^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/, 'must be a host such as api.example.com')
  .meta({ title: 'host' });
export const status = count('a status', 100, 599);

/**
 * The fields of a request. In path, header and body stand `{commit}`, `{marker}`, `{service}`, `{environment}` and
 * outputs of earlier gates.
 */
export const requestFields = {
  method: z
    .enum(['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE'], 'must be GET, HEAD, POST, PUT, PATCH or DELETE')
    .default('GET')
    .describe('The method of the request.'),
  path: requestPath.describe('Its path, with the query.').meta({ examples: ['/health'] }),
  at: url.optional().describe("Another origin than the service's own. Its host must be in `hosts`."),
  hosts: z
    .array(host)
    .optional()
    .describe("Hosts besides the service's own that may be called, and addresses of a private IPv6 network."),
  headers: requestHeaders
    .optional()
    .describe('Its headers: text, or `{secret: <name>}`, which is read when the request is made.'),
  body: z.unknown().optional().describe('Its body, sent as JSON.'),
  timeoutSeconds: seconds(1, 60).default(10).describe('The longest that one try may take.'),
};

export const lookup = z
  .strictObject({
    path: requestPath.describe('A path, with `{marker}`, that finds the request.'),
    pointer: jsonPointer.describe('Where the answer has what was found.'),
  })
  .describe(
    'How a request that writes is found again by the `{marker}` that it carries. It is looked up before it is sent, ' +
      'and what is found is not sent again.',
  );

/** Checks that a request to another origin names its host. */
export function hostIsDeclared({
  value,
  issues,
}: {
  value: { at?: string | undefined; hosts?: string[] | undefined };
  issues: z.core.$ZodRawIssue[];
}): void {
  if (value.at === undefined || !URL.canParse(value.at) || hasUserOfHttp(value.at)) return;
  const { host: called, origin } = new URL(value.at);
  if (value.at.replace(/\/$/, '') !== origin)
    issues.push({
      code: 'custom',
      input: value.at,
      path: ['at'],
      message: 'must be an origin such as https://api.example.com, without path',
    });
  if (!(value.hosts ?? []).includes(called))
    issues.push({ code: 'custom', input: value.at, path: ['at'], message: `calls ${called}: add it under hosts` });
}

/** Checks that a request that can be looked up carries its marker. */
export function markerIsCarried({
  value,
  issues,
}: {
  value: { path: string; headers?: unknown; body?: unknown; lookup?: { path: string } | undefined };
  issues: z.core.$ZodRawIssue[];
}): void {
  if (value.lookup === undefined) return;
  const sent = JSON.stringify([value.path, value.headers, value.body]);
  if (!sent.includes('{marker}'))
    issues.push({
      code: 'custom',
      input: value.lookup,
      path: ['lookup'],
      message: 'finds a request by its marker: put {marker} into its body, path or a header',
    });
  if (!value.lookup.path.includes('{marker}'))
    issues.push({ code: 'custom', input: value.lookup.path, path: ['lookup', 'path'], message: 'must have {marker}' });
}
