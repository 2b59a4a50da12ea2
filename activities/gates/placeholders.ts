import { workloadOf } from '../../contract/catalog/targets/index.ts';
import { gateMarker } from '../../contract/ids.ts';
import { finalFailure } from '../failure.ts';
import type { GateSubject } from './gate.ts';

const placeholder = /\{([a-z][-a-z0-9]*)\}/g;

/**
 * What `{name}` stands for in a gate: facts of the change, the marker of this gate in this attemptKey, and what earlier
 * gates outputs.
 */
export function valuesFor(
  gateName: string,
  { entry, artifact, change, attemptKey, outputs }: GateSubject,
): Record<string, string> {
  return {
    ...outputs,
    commit: artifact.commit,
    service: workloadOf(entry.settings.target),
    environment: entry.environment,
    marker: gateMarker(change, attemptKey, gateName),
  };
}

/** Replaces what is known and leaves other braces alone: a body may have its own. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(placeholder, (whole, name: string) => values[name] ?? whole);
}

/** For a path: each value stays within its segment, and one that is not known is no path to ask for. */
export function fillPath(path: string, values: Record<string, string>): string {
  return path.replace(placeholder, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw finalFailure('Missing', `${path} needs {${name}}, and no gate before it outputs that`);
    return encodeURIComponent(value);
  });
}

/** For a JSON body: values are put into strings. */
export function fillJson(body: unknown, values: Record<string, string>): string {
  return JSON.stringify(body).replace(placeholder, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : JSON.stringify(value).slice(1, -1);
  });
}
