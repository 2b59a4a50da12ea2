import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import { finalFailure } from '../../failure.ts';
import type { Container } from './resources.ts';

/** Whatever has containers: a template, a revision, a task. */
export interface WithContainers {
  containers?: Container[] | null;
}

type Named = Pick<CloudRunEntry, 'container'>;

/**
 * Finds the place of the container that runs the artifact, among sidecars in any order: the only one, the one that the
 * catalog names, or the only one with a port. Answers -1 where nobody can say. Platform: Cloud Run Admin v2, of several
 * containers of a service exactly one has a port; those of a job have none.
 */
function ownIndex(containers: readonly Container[], { container: name }: Named): number {
  if (containers.length === 1) return 0;
  if (name !== undefined) return containers.findIndex((one) => one.name === name);
  const withPort = containers.filter(({ ports }) => (ports ?? []).length > 0);
  const [only] = withPort;
  return withPort.length === 1 && only ? containers.indexOf(only) : -1;
}

/** Finds the container that runs the artifact; undefined where nobody can say which one it is. */
export function ownContainer(resource: WithContainers | null | undefined, target: Named): Container | undefined {
  const containers = resource?.containers ?? [];
  return containers[ownIndex(containers, target)];
}

/**
 * Changes the container that runs the artifact and leaves its sidecars as they are; makes the first one where there is
 * none. Refuses what is ambiguous: another program would get the artifact's image.
 */
export function withOwnContainer(
  what: string,
  resource: WithContainers | null | undefined,
  target: Named,
  change: (own: Container) => Container,
): Container[] {
  const containers = resource?.containers ?? [];
  if (containers.length === 0) return [change({})];
  requireOwnContainer(what, resource, target);
  const index = ownIndex(containers, target);
  return containers.map((one, at) => (at === index ? change(one) : one));
}

/** Refuses containers of which nobody can say which one runs the artifact. */
export function requireOwnContainer(what: string, resource: WithContainers | null | undefined, target: Named): void {
  const containers = resource?.containers ?? [];
  if (containers.length === 0 || ownIndex(containers, target) >= 0) return;
  const names = containers.map(({ name, image }) => name || image || 'one without a name').join(', ');
  throw finalFailure(
    'BadRequest',
    `${what} has the containers ${names}: name the one of the artifact in the catalog (container)`,
  );
}

/** Reads the image of the container that runs the artifact; empty where nobody can say which one it is. */
export function imageOf(resource: WithContainers | null | undefined, target: Named): string {
  return ownContainer(resource, target)?.image ?? '';
}
