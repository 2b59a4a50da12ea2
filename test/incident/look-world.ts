import { MockActivityEnvironment } from '@temporalio/testing';
import { createIncidentActivities } from '../../activities/incident/index.ts';
import type { IncidentPorts } from '../../activities/incident/look-kind.ts';
import type { LogEntry } from '../../activities/ports/platform.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Evidence, Look } from '../../contract/incident/look.ts';
import { World } from '../workflows/world.ts';

export const since = '2026-03-01T10:00:00.000Z';
export const until = '2026-03-01T10:15:00.000Z';

export interface LookOptions {
  world?: World;
  ports?: Partial<IncidentPorts>;
  settings?: Partial<CatalogEntry['settings']>;
  environment?: MockActivityEnvironment;
}

/** The ports of a world of which no other run is known. */
export function portsOf(world: World, ports: Partial<IncidentPorts> = {}): IncidentPorts {
  const environments = { statusOf: async () => null } as unknown as IncidentPorts['environments'];
  return { ...world.ports({} as never, environments), ...ports };
}

/** Looks once, as the worker does. */
export async function lookAt(
  look: Look,
  { world = new World(), ports, settings, environment = new MockActivityEnvironment() }: LookOptions = {},
): Promise<Evidence> {
  const { investigate } = createIncidentActivities(portsOf(world, ports));
  const entry = { ...world.entry, settings: { ...world.entry.settings, ...settings } };
  return environment.run(investigate, { entry, look, incident: 'c0123456789', since, until });
}

/** A structured line of a service's log. */
export function structured(severity: string, message: string, fields: Record<string, string> = {}): LogEntry {
  const timestamp = '2026-03-01T10:05:00.000Z';
  return { timestamp, severity, text: message, fields: { message, ...fields }, insertId: message, revision: '' };
}
