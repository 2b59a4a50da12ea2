import { describe, expect, it } from 'vitest';
import { createDriftActivities } from '../../activities/drift.ts';
import { CallError } from '../../activities/kubernetes/call-error.ts';
import { dryRun } from '../../activities/kubernetes/manifests/apply.ts';
import type { Manifest } from '../../activities/kubernetes/manifests/manifest.ts';
import type { Objects } from '../../activities/kubernetes/manifests/objects.ts';
import { withActivityRedaction } from '../../activities/redaction/activity-redaction.ts';
import { SecretMemory } from '../../activities/redaction/secret-memory.ts';
import { World } from '../workflows/world.ts';

const secret = 'k9Jx2mQ8vL4nR7tWzYb3';
const redaction = new SecretMemory([secret]).redactionFor([]);

describe('a line with a secret, which people have read and answered without it', () => {
  it('is the drift that they have adopted', async () => {
    const world = new World();
    const { catalog, environments, targets } = world.ports({} as never, {} as never);
    world.foreign = [`somebody has set LABEL=${secret}`, 'another line'];
    const { findDrift } = createDriftActivities({ catalog, environments, targets });
    const question = { service: world.service, environment: 'staging', runs: null, isHeld: false };
    const look = (adopted: string[]) =>
      withActivityRedaction(redaction, async () => redaction.answer(await findDrift({ ...question, adopted })));
    const { problems } = await look([]);
    expect(problems).toEqual(['somebody has set LABEL=[secret]', 'another line']);
    expect((await look(problems.slice(0, 1))).problems).toEqual(['another line']);
    // Adopted when nobody knew yet that it is a secret.
    expect((await look([`somebody has set LABEL=${secret}`])).problems).toEqual(['another line']);
  });

  it('is the conflict that they force, and no other one is', async () => {
    const run = (fields: string[], forced: string[]) =>
      withActivityRedaction(redaction, () =>
        dryRun(contested(fields), { manifests: [manifest], namespace: 'shop', workload, forced }),
      ).catch((error: unknown) => {
        throw redaction.error(error);
      });
    const first = [`.metadata.labels.${secret}`];
    const failure = await run(first, []).catch((error: unknown) => error);
    const [shown] = (failure as { details: [string[]] }).details;
    expect(shown).toEqual(['somebody has set .metadata.labels.[secret] of ConfigMap/runtime']);
    expect(await run(first, shown)).toHaveLength(1);
    await expect(run(['.data.x'], shown)).rejects.toMatchObject({ type: 'Contested' });
  });
});

const workload = { kind: 'Deployment', name: 'app' } as const;
const manifest: Manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'runtime', namespace: 'shop' } };

/** Objects of which somebody else has set some fields. */
function contested(fields: readonly string[]): Objects {
  const causes = fields.map((field) => ({
    reason: 'FieldManagerConflict',
    message: 'conflict with "somebody" using v1',
    field,
  }));
  const objects: Pick<Objects, 'read' | 'apply' | 'list'> = {
    read: async () => manifest,
    apply: async (one, { force = false }) => {
      if (force) return one;
      throw CallError.ofAnswer('dry run', 409, JSON.stringify({ reason: 'Conflict', details: { causes } }));
    },
    list: async () => [],
  };
  return objects as Objects;
}
