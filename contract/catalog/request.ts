import { z } from 'zod';
import { count, jsonPointer, secretName, secretVersion, url } from './fields.ts';

/** Describes a request of a gate, and the checks that its fields need together. */

export const seconds = (low: number, high: number) => count('a number of seconds', low, high);
export const requestPath = z
  .string('must be a path')
  .regex(/^\/[^\s]*$/, 'must begin with /')
  .max(2000, 'at most 2000 characters');
export const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}$/, 'must be the name of a header');
const headerText = z
  .string('must be text')
  .regex(/^[\x20-\x7e]*$/, 'must be printable')
  .max(2000, 'at most 2000 characters');
/**
 * A plain text, or a secret that is read when the request is made: its value is in no file, plan, history or result.
 */
export const headerValue = z.union(
  [headerText, z.strictObject({ secret: secretName, version: secretVersion.optional() })],
  'must be text or {secret: <name>}',
);
/** `host` or `host:port`, as a URL says it. */
const host = z.string('must be a host').regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host such as api.example.com');
export const status = count('a status', 100, 599);

/**
 * The fields of a request. In path, header and body stand `{commit}`, `{marker}`, `{service}`, `{environment}` and
 * outputs of earlier gates.
 */
export const requestFields = {
  method: z
    .enum(['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE'], 'must be GET, HEAD, POST, PUT, PATCH or DELETE')
    .default('GET'),
  path: requestPath,
  /** Another origin than the service's own; its host must be among `hosts`. */
  at: url.optional(),
  /** Hosts besides the service's own that may be called. */
  hosts: z.array(host).optional(),
  headers: z.record(headerName, headerValue).optional(),
  body: z.unknown().optional(),
  timeoutSeconds: seconds(1, 60).default(10),
};

/**
 * Finds a request again that carries `{marker}`: before it is sent it is looked up, and what is found is not sent
 * again.
 */
export const lookup = z.strictObject({ path: requestPath, pointer: jsonPointer });

/** Checks that a request to another origin names its host. */
export function hostIsDeclared({
  value,
  issues,
}: {
  value: { at?: string | undefined; hosts?: string[] | undefined };
  issues: z.core.$ZodRawIssue[];
}): void {
  if (value.at === undefined || !URL.canParse(value.at)) return;
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
