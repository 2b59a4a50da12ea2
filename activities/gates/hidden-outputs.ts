import type { Gate } from '../../contract/catalog/gates.ts';
import { redacted } from '../redaction/redactor.ts';
import type { GateFinding } from './gate.ts';

/** Names an output that a gate needs, and that an earlier activity could hand on only without its secret (I9). */
export function hiddenOutput(gate: Gate, outputs: Readonly<Record<string, string>>): string | undefined {
  const text = JSON.stringify(gate);
  return Object.keys(outputs).find((name) => outputs[name]?.includes(redacted) && text.includes(`{${name}}`));
}

/** With another value the service would be asked for what is not there: that proves nothing against it. */
export function refusal(name: string): GateFinding {
  return { verdict: 'inconclusive', reason: `output ${name} holds a secret and cannot be passed on` };
}
