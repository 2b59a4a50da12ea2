import { workloadOf } from '../../contract/catalog/targets/index.ts';
import { gateMarker } from '../../contract/ids.ts';
import { finalFailure } from '../failure.ts';
import type { GateSubject } from './gate.ts';

const placeholder = /\{([a-z][-a-z0-9]*)\}/g;

/** Gives the values of a gate's placeholders: facts of the change, the gate's marker, and outputs of earlier gates. */
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

/** Fills the placeholders that are known. Other braces stay: a body may have its own. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(placeholder, (whole, name: string) => values[name] ?? whole);
}

/** Fills the placeholders of a path. Each value stays within its segment, and an unknown one is an error. */
export function fillPath(path: string, values: Record<string, string>): string {
  return path.replace(placeholder, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw finalFailure('Missing', `${path} needs {${name}}, and no gate before it has that output`);
    return encodeURIComponent(value);
  });
}

/** Fills the placeholders in the strings of a JSON body. */
export function fillJson(body: unknown, values: Record<string, string>): string {
  return JSON.stringify(body).replace(placeholder, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : JSON.stringify(value).slice(1, -1);
  });
}
