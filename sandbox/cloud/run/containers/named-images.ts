import type { Cloud } from '../../core/cloud.ts';
import type { RpcService } from '../../server/rpc.ts';

/** Fields in which containers stand in a resource, or resources in a list. */
const inner = ['template', 'revisions', 'executions', 'jobs'];

/** Has a service name images as the present world does: of an index perhaps the image that runs here. */
export function namingImages(cloud: Cloud, service: RpcService): RpcService {
  const methods = Object.entries(service.methods).map(([method, handle]) => {
    const reads = method.startsWith('Get') || method.startsWith('List');
    const named: typeof handle = async (request, call) => namedIn(cloud, await handle(request, call));
    return [method, reads ? named : handle] as const;
  });
  return { ...service, methods: Object.fromEntries(methods) };
}

/** Names an image as the present world does. */
export function namedImage({ world, images }: Cloud, image: string): string {
  const [repository = '', digest] = image.split('@');
  const platform = world.now.namedImage === 'platform' && digest ? images.resolve(image)?.platform : undefined;
  return platform === undefined ? image : `${repository}@${platform}`;
}

function namedIn(cloud: Cloud, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => namedIn(cloud, one));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]) => {
      if (key === 'containers')
        return [key, (one as { image: string }[]).map((each) => ({ ...each, image: namedImage(cloud, each.image) }))];
      return [key, inner.includes(key) ? namedIn(cloud, one) : one];
    }),
  );
}
