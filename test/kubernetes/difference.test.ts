import { describe, expect, it } from 'vitest';
import type { Difference } from '../../activities/kubernetes/manifests/difference.ts';
import type { Rendering } from '../../activities/kubernetes/manifests/render.ts';
import { applyTo, differenceOf, objectsForFile, renderedFor } from './cluster.ts';
import { marker, statefulSet } from './overlay-folder.ts';

const cluster = objectsForFile();
const difference = (rendering: Rendering): Promise<Difference> => differenceOf(cluster.objects, rendering);
const nothing = { text: '', created: [], changed: [], conflicts: [], cut: null };

const secret = (value: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: keys }\nstringData: { TOKEN: ${value}, SAME: stays-as-it-is }\n`;
const config = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: ${data}\n`;

describe('what an apply would do', () => {
  it('is everything, in a namespace that has nothing, and nothing afterwards', async () => {
    const namespace = await cluster.namespace();
    const rendering = await renderedFor(namespace, statefulSet(), config('{ LEVEL: info }'));
    const first = await difference(rendering);
    expect(first).toMatchObject({ created: ['ConfigMap/settings', 'StatefulSet/runtime'], changed: [], cut: null });
    expect(first.text).toMatch(/^--- \(nothing\)\n\+\+\+ ConfigMap\/settings\n@@ -1 \+1 @@\n\+apiVersion: v1\n/);
    expect(await cluster.kubectl(namespace, ['get', 'statefulsets', '-o', 'name'])).toBe('');
    await applyTo(cluster.objects, rendering);
    expect(await difference(rendering)).toEqual(nothing);
  });

  it('is a unified difference of what changes', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet(), config('{ LEVEL: info, A: "1" }')));
    const later = await difference(await renderedFor(namespace, statefulSet(), config('{ LEVEL: debug, B: "2" }')));
    expect(later).toMatchObject({ created: [], changed: ['ConfigMap/settings'] });
    expect(later.text.split('\n')).toEqual([
      '--- ConfigMap/settings',
      '+++ ConfigMap/settings',
      '@@ -1 +1 @@',
      ' apiVersion: v1',
      ' data:',
      '-  A: "1"',
      '-  LEVEL: info',
      '+  B: "2"',
      '+  LEVEL: debug',
      ' kind: ConfigMap',
      ' metadata:',
      '   name: settings',
    ]);
  });

  it('does not show what the server only writes in another way (fact 17)', async () => {
    const namespace = await cluster.namespace();
    const sized = (cpu: string) =>
      statefulSet({ containers: `- { name: side, image: side, resources: { limits: { cpu: ${cpu} } } }` });
    await applyTo(cluster.objects, await renderedFor(namespace, sized('1000m')));
    expect(await difference(await renderedFor(namespace, sized('1000m')))).toEqual(nothing);
    expect(await difference(await renderedFor(namespace, sized('"1"')))).toEqual(nothing);
    expect((await difference(await renderedFor(namespace, sized('2')))).text).toMatch(/-.*cpu: "1"\n\+.*cpu: "2"/);
  });

  it('does not show our own annotations, which every change has anew', async () => {
    const namespace = await cluster.namespace();
    await applyTo(cluster.objects, await renderedFor(namespace, statefulSet()));
    const other = await renderedFor(namespace, { marker: { ...marker, change: 'c9999999999' } }, statefulSet());
    expect(await difference(other)).toEqual(nothing);
  });

  it('hides the values of Secrets, and says which change (invariant I9)', async () => {
    const namespace = await cluster.namespace();
    const values = ['first-value', 'second-value', 'stays-as-it-is'];
    const forms = values.flatMap((value) => [value, Buffer.from(value).toString('base64')]);
    const expectHidden = (text: string) => {
      for (const form of forms) expect(text).not.toContain(form);
    };
    const first = await difference(await renderedFor(namespace, statefulSet(), secret('first-value')));
    expect(first.text).toMatch(/\+ {2}SAME: \(hidden\)\n\+ {2}TOKEN: \(hidden\)/);
    expectHidden(first.text);
    // kubectl's annotation has the values, too.
    await cluster.kubectl(namespace, ['apply', '-f', '-'], secret('first-value'));
    const later = await difference(await renderedFor(namespace, statefulSet(), secret('second-value')));
    expect(later).toMatchObject({ changed: ['Secret/keys'] });
    expect(later.text).toMatch(/ {3}SAME: \(hidden\)\n- {2}TOKEN: \(hidden\)\n\+ {2}TOKEN: \(hidden, changes\)/);
    expectHidden(JSON.stringify(later));
  });

  it('tells the fields of kubectl apply that the overlay lacks (fact 12)', async () => {
    const namespace = await cluster.namespace();
    await cluster.kubectl(namespace, ['apply', '-f', '-'], config('{ A: "1", OLD: "1" }'));
    const { text, conflicts } = await difference(await renderedFor(namespace, statefulSet(), config('{ A: "2" }')));
    expect(text).toMatch(/-.*A: "1"\n\+.*A: "2"/);
    expect(text).toMatch(/\n-\.data\.OLD \(kubectl has set it, and the overlay lacks it\)/);
    expect(conflicts).toEqual([]);
  });

  it('has no replicas where an autoscaler has them (fact 14)', async () => {
    const namespace = await cluster.namespace();
    const scaled = statefulSet({ spec: 'replicas: 2' });
    await applyTo(cluster.objects, await renderedFor(namespace, scaled));
    await cluster.kubectl(namespace, ['autoscale', 'statefulset/runtime', '--min=2', '--max=9', '--cpu-percent=80']);
    await cluster.kubectl(namespace, ['scale', 'statefulset/runtime', '--replicas=4']);
    expect(await difference(await renderedFor(namespace, scaled))).toEqual(nothing);
  });
});

describe('drift', () => {
  it('is who has set a field of ours to another value, and what is gone', async () => {
    const namespace = await cluster.namespace();
    const rendering = await renderedFor(namespace, statefulSet({ spec: 'replicas: 2' }), config('{ A: "1" }'));
    await applyTo(cluster.objects, rendering);
    await cluster.kubectl(namespace, ['scale', 'statefulset/runtime', '--replicas=4']);
    await cluster.kubectl(namespace, ['delete', 'configmap', 'settings']);
    const found = await difference(rendering);
    expect(found).toMatchObject({ created: ['ConfigMap/settings'], changed: ['StatefulSet/runtime'] });
    expect(found.conflicts).toEqual([
      {
        object: 'StatefulSet/runtime',
        manager: 'kubectl',
        subresource: 'scale',
        isUpdate: true,
        fields: ['.spec.replicas'],
        at: '',
      },
    ]);
  });
});
