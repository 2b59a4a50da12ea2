import type protobuf from 'protobufjs';
import { fromProto3JSON, toProto3JSON } from 'proto3-json-serializer';
import { RpcError } from './errors.ts';
import type { HttpRequest, HttpRoute } from './http.ts';
import { sendJson } from './http.ts';
import type { Pipeline } from './pipeline.ts';
import { plainMessage } from './protos.ts';
import type { RpcService, UnaryHandler } from './rpc.ts';
import { unknownFields } from './unknown-fields.ts';

interface Binding {
  verb: string;
  template: string;
  body: string | undefined;
}

/**
 * Makes a REST route of every unary method, in the proto3 JSON mapping. The paths are in the descriptors'
 * google.api.http annotations.
 */
export function restRoutes(services: RpcService[], pipeline: Pipeline): HttpRoute[] {
  return services.flatMap((service) =>
    Object.entries(service.methods).flatMap(([name, handler]) => {
      const method = service.protos.root.lookupService(service.name).methods[name];
      if (!method) throw new Error(`no method ${service.name}/${name} in the descriptors`);
      const extra = (service.http?.[name] ?? []).flatMap(bindingsOf);
      const bindings = [...annotated(method), ...extra];
      return bindings.map((binding) => toRoute({ service, name, method, handler, binding, pipeline }));
    }),
  );
}

function annotated(method: protobuf.Method): Binding[] {
  const options = (method.parsedOptions ?? []) as Record<string, unknown>[];
  return options.flatMap((option) => {
    const rule = option['(google.api.http)'] as HttpRule | undefined;
    return rule ? bindingsOf(rule) : [];
  });
}

type HttpRule = Record<string, unknown> & { additional_bindings?: HttpRule | HttpRule[] };

function bindingsOf(rule: HttpRule): Binding[] {
  const verb = ['get', 'post', 'put', 'patch', 'delete'].find((each) => typeof rule[each] === 'string');
  const further = [rule.additional_bindings ?? []].flat().flatMap(bindingsOf);
  if (!verb) return further;
  const body = typeof rule['body'] === 'string' ? rule['body'] : undefined;
  return [{ verb: verb.toUpperCase(), template: String(rule[verb]), body }, ...further];
}

interface RouteParts {
  service: RpcService;
  name: string;
  method: protobuf.Method;
  handler: UnaryHandler;
  binding: Binding;
  pipeline: Pipeline;
}

function toRoute(parts: RouteParts): HttpRoute {
  const { path, fields } = compileTemplate(parts.binding.template);
  return {
    method: parts.binding.verb,
    path,
    handle: async (http, response) => {
      const request = await readRequest(parts, http, fields);
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const answer = await parts.pipeline.run(
        {
          method: `${parts.service.name}/${parts.name}`,
          request,
          metadata: (name) => [http.message.headers[name]].flat()[0],
          signal: gone.signal,
        },
        (call) => parts.handler(request, call),
      );
      sendJson(response, 200, writeResponse(parts, answer));
    },
  };
}

/** Compiles `/v2/{service.name=projects/*}:run` to an expression and the fields that its groups fill. */
function compileTemplate(template: string): { path: RegExp; fields: string[] } {
  const fields: string[] = [];
  const source = template.replace(
    /\{([^=}]+)(?:=([^}]+))?\}|[^{]+/g,
    (part, field: string | undefined, pattern: string | undefined) => {
      if (field === undefined) return escapeLiteral(part);
      fields.push(field);
      return `(${(pattern ?? '*').split('/').map(segment).join('/')})`;
    },
  );
  return { path: new RegExp(`^${source}$`), fields };
}

function segment(pattern: string): string {
  if (pattern === '**') return '.+';
  // A colon begins a verb, such as `:run`; only in a digest is it part of a name.
  return pattern === '*' ? '[^/:]+(?::[0-9a-f]{64})?' : escapeLiteral(pattern);
}

function escapeLiteral(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function readRequest(parts: RouteParts, http: HttpRequest, fields: string[]): Promise<unknown> {
  const { method, binding } = parts;
  method.resolve();
  const json: Record<string, unknown> = {};
  if (binding.body === '*') Object.assign(json, await readBody(http));
  else if (binding.body) json[camelCase(binding.body)] = await readBody(http);
  for (const [key, value] of http.url.searchParams) {
    if (!key.startsWith('$') && key !== 'alt' && key !== 'key' && key !== 'prettyPrint')
      assign(json, key, value, method.resolvedRequestType);
  }
  const match = compileTemplate(binding.template).path.exec(http.url.pathname);
  fields.forEach((field, index) => assign(json, field, decodeURIComponent(match?.[index + 1] ?? ''), null));
  return decode(method, json);
}

async function readBody(http: HttpRequest): Promise<object> {
  try {
    const body = await http.json();
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  } catch {
    // Fall through to the one answer for whatever is not an object.
  }
  throw new RpcError('INVALID_ARGUMENT', 'Invalid JSON payload received. An object is expected.');
}

function decode(method: protobuf.Method, json: Record<string, unknown>): unknown {
  const type = method.resolvedRequestType;
  if (!type) throw new Error(`the request type of ${method.name} is not resolved`);
  const unknown = unknownFields(type, json);
  if (unknown.length > 0) throw RpcError.invalid(unknown);
  try {
    const message = fromProto3JSON(type, json as never);
    return type.toObject(message ?? type.create(), { ...plainMessage, arrays: true, objects: true });
  } catch (error) {
    throw new RpcError('INVALID_ARGUMENT', `Invalid JSON payload received. ${(error as Error).message}`);
  }
}

function assign(json: Record<string, unknown>, path: string, value: string, type: protobuf.Type | null): void {
  const names = path.split('.').map(camelCase);
  const last = names.pop() ?? '';
  let target = json;
  for (const name of names) target = (target[name] ??= {}) as Record<string, unknown>;
  target[last] = type && names.length === 0 ? convert(value, type.fields[last], target[last]) : value;
}

function convert(value: string, field: protobuf.Field | undefined, present: unknown): unknown {
  if (!field) return value;
  if (field.repeated) return [...((present as unknown[] | undefined) ?? []), value];
  if (field.type === 'bool') return value === 'true';
  return /^(u?int32|float|double)$/.test(field.type) ? Number(value) : value;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function writeResponse(parts: RouteParts, answer: unknown): unknown {
  const type = parts.method.resolvedResponseType;
  if (!type) throw new Error(`the response type of ${parts.name} is not resolved`);
  return toProto3JSON(type.fromObject(answer as object));
}
