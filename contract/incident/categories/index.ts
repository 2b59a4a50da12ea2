import type { Category } from '../category.ts';
import { circuitOpen } from './circuit-open.ts';
import { leaseSteals } from './lease-steals.ts';
import { policyDenials } from './policy-denials.ts';
import { reconnectStorm } from './reconnect-storm.ts';
import { streamCompletion } from './stream-completion.ts';
import { syncAuth } from './sync-auth.ts';
import { toolFailures } from './tool-failures.ts';

/** Lists the categories of incidents. A further one is a file here and a line. */
export const categories = {
  streamCompletion,
  leaseSteals,
  toolFailures,
  policyDenials,
  circuitOpen,
  syncAuth,
  reconnectStorm,
} as const satisfies Record<string, Category>;

export type CategoryName = keyof typeof categories;
export const categoryNames = Object.keys(categories) as [CategoryName, ...CategoryName[]];

export function categoryOf(name: CategoryName): Category {
  return categories[name];
}

/** Finds the category that an alert belongs to; null if it belongs to none. */
export function categoryOfAlert(alert: string): CategoryName | null {
  return categoryNames.find((name) => categoryOf(name).alerts.includes(alert)) ?? null;
}

/**
 * Names the cause that an alert tells of: its category, else the alert itself. An incident of a service and environment
 * has one cause, so that later alerts of the same cause join it.
 */
export function causeOfAlert(alert: string): string {
  return kebab(categoryOfAlert(alert) ?? alert);
}

/** Writes a name as it stands in a workflow id: `stream-completion`. */
export function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80);
}
