import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { hashOfPlan } from '../../activities/plan-hash.ts';
import type { Plan } from '../../contract/plan.ts';

const folder = path.join(import.meta.dirname, 'histories');

/** Lists the plans in a value, also in the payloads of a history. */
function plansIn(value: unknown): Plan[] {
  if (typeof value === 'string') return value.length > 100 ? plansIn(parsed(value)) : [];
  if (value === null || typeof value !== 'object') return [];
  const isPlan = 'hash' in value && 'live' in value && 'approvals' in value;
  return [...(isPlan ? [value as Plan] : []), ...Object.values(value).flatMap(plansIn)];
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64').toString());
  } catch {
    return null;
  }
}

it('every plan of a recorded run has the hash that a client computes before it signs', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const plans = files.flatMap((file) => plansIn(JSON.parse(readFileSync(path.join(folder, file), 'utf8'))));
  expect(plans.length).toBeGreaterThan(100);
  expect(plans.filter((plan) => hashOfPlan(plan) !== plan.hash)).toEqual([]);
});
