import { describe, expect, it } from 'vitest';
import {
  firstRecordName,
  leftOver,
  liveManifests,
  pruneRecords,
  readRecord,
  recordName,
  writeRecord,
} from '../../activities/kubernetes/manifests/records.ts';
import { describeObject, type Workload } from '../../activities/kubernetes/manifests/manifest.ts';
import { applyTo, objectsForFile, renderedFor } from './cluster.ts';
import { marker, refusalOf, statefulSet } from './overlay-folder.ts';

const cluster = objectsForFile();
const workload: Workload = { kind: 'StatefulSet', name: 'runtime' };
const config = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { LEVEL: info }\n`;

describe('the record of a change', () => {
  it('is a Secret of the workload that is written once and read back by its name', async () => {
    const namespace = await cluster.namespace();
    const place = { namespace, workload };
    const { manifests } = await renderedFor(namespace, statefulSet(), config('a'));
    const name = recordName(workload, marker);
    expect(name).toBe('slipway-runtime-c0123456789-a1');
    const written = await writeRecord(cluster.objects, place, name, manifests);
    expect(await writeRecord(cluster.objects, place, name, manifests)).toEqual(written);
    expect((await readRecord(cluster.objects, place, name)).manifests).toEqual(manifests);
    const shown = JSON.parse(await cluster.kubectl(namespace, ['get', 'secret', name, '-o', 'json']));
    expect(shown).toMatchObject({
      type: 'slipway.dev/manifests',
      immutable: true,
      metadata: { labels: { 'slipway.dev/workload': 'runtime', 'slipway.dev/workload-kind': 'StatefulSet' } },
    });
  });

  it('is not replaced by other manifests, and not believed if it is something else', async () => {
    const namespace = await cluster.namespace();
    const place = { namespace, workload };
    const { manifests } = await renderedFor(namespace, statefulSet());
    await writeRecord(cluster.objects, place, 'slipway-runtime-c1-a1', manifests);
    const other = writeRecord(cluster.objects, place, 'slipway-runtime-c1-a1', []);
    expect(await refusalOf(other)).toMatchObject({ type: 'Drifted' });
    await cluster.kubectl(namespace, ['create', 'secret', 'generic', 'foreign', '--from-literal=manifests=x']);
    expect(await refusalOf(readRecord(cluster.objects, place, 'foreign'))).toMatchObject({ type: 'Drifted' });
    expect(await refusalOf(readRecord(cluster.objects, place, 'nowhere'))).toMatchObject({ type: 'Missing' });
  });

  it('is kept if it is one of the newest ten, or needed by the ledger', async () => {
    const namespace = await cluster.namespace();
    const place = { namespace, workload };
    for (let index = 10; index < 24; index += 1)
      await writeRecord(cluster.objects, place, `slipway-runtime-c${index}-a1`, []);
    await writeRecord(cluster.objects, { namespace, workload: { kind: 'Deployment', name: 'runtime' } }, 'other', []);
    await cluster.kubectl(namespace, ['create', 'secret', 'generic', 'people', '--from-literal=a=b']);
    const removed = await pruneRecords(cluster.objects, place, ['slipway-runtime-c11-a1']);
    expect(removed.sort()).toEqual(['c10', 'c12', 'c13'].map((change) => `slipway-runtime-${change}-a1`));
    const left = (await cluster.kubectl(namespace, ['get', 'secrets', '-o', 'name'])).split('\n');
    expect(left).toHaveLength(13);
    expect(left).toEqual(expect.arrayContaining(['secret/other', 'secret/people', 'secret/slipway-runtime-c11-a1']));
  });

  it('is of what lives, before the first change, so that it can be applied again', async () => {
    const namespace = await cluster.namespace();
    const people = `${statefulSet()}---\n${config('a')}`.replaceAll('image: runtime', 'image: runtime:1');
    await cluster.kubectl(namespace, ['apply', '-f', '-'], people);
    const rendering = await renderedFor(namespace, statefulSet({ spec: 'replicas: 3' }), config('a'), config('b'));
    const live = await liveManifests(cluster.objects, rendering.manifests);
    expect(live.map(describeObject)).toEqual(['ConfigMap/a', 'StatefulSet/runtime']);
    expect(JSON.stringify(live)).not.toMatch(/last-applied|managedFields|resourceVersion|"status"/);
    const name = firstRecordName(workload, marker);
    await writeRecord(cluster.objects, { namespace, workload }, name, live);
    await applyTo(cluster.objects, rendering);
    const recorded = await readRecord(cluster.objects, { namespace, workload }, name);
    await applyTo(cluster.objects, { ...rendering, manifests: recorded.manifests });
    const [, set] = await liveManifests(cluster.objects, live);
    expect(set?.spec).toEqual(live[1]?.spec);
  });
});

describe('objects that the overlay has no more', () => {
  it('stay, since older pods and a restore need them (fact 25), and are listed with who needs them', async () => {
    const namespace = await cluster.namespace();
    const first = await renderedFor(namespace, statefulSet(), config('settings-1'), config('gone'));
    await applyTo(cluster.objects, first);
    const second = await renderedFor(namespace, statefulSet(), config('settings-2'));
    await applyTo(cluster.objects, second);
    await cluster.kubectl(namespace, ['delete', 'configmap', 'gone']);
    const records = [
      { name: 'slipway-runtime-c1-a1', manifests: first.manifests },
      { name: 'slipway-runtime-c2-a1', manifests: second.manifests },
    ];
    const found = await leftOver(cluster.objects, second.manifests, records);
    expect(found.map(({ object, neededBy }) => ({ object: describeObject(object), neededBy }))).toEqual([
      { object: 'ConfigMap/settings-1', neededBy: ['slipway-runtime-c1-a1'] },
    ]);
  });
});
