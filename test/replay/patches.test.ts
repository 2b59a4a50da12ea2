import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHistory, recordedNames } from './histories.ts';
import { patchIdsIn, patchMarkersOf, patchProblems, readPatchIds } from './patches.ts';
import { shapes } from './shapes.ts';

const workflows = path.join(import.meta.dirname, '..', '..', 'workflows');
const id = 'review-on-entry';

describe('a branch that a patch guards', () => {
  it('has a shape that names it, a history from before it and one from after it', async () => {
    const names = await recordedNames();
    const markers = await Promise.all(
      names.map(async (name) => [name, patchMarkersOf(await readHistory(name))] as const),
    );
    expect(patchProblems(await readPatchIds(workflows), shapes, new Map(markers))).toEqual([]);
  });

  it.each([
    ['no shape names it', [{ names: ['deploy'] }], { deploy: [id] }, [`${id}: no shape names it`]],
    [
      'its shape was recorded before it alone',
      [{ names: ['deploy'], patches: [id] }],
      { deploy: [] },
      [`${id}: no history of deploy has its marker`],
    ],
    [
      'its shape was recorded after it alone',
      [{ names: ['deploy'], patches: [id] }],
      { deploy: [id] },
      [`${id}: each history of deploy has its marker`],
    ],
    [
      'its shape was not recorded',
      [{ names: ['deploy'], patches: [id] }],
      {},
      [`${id}: no history of deploy has its marker`, `${id}: each history of deploy has its marker`],
    ],
    [
      'a shape names another one that is gone',
      [{ names: ['deploy', 'deploy-before'], patches: [id, 'gone'] }],
      { deploy: [id], 'deploy-before': [] },
      ['gone: a shape names it, and no workflow has it'],
    ],
    ['all is well', [{ names: ['deploy', 'deploy-before'], patches: [id] }], { deploy: [id], 'deploy-before': [] }, []],
  ])('is told where %s', (_where, named, markers, problems) => {
    expect(patchProblems([id], named, new Map<string, string[]>(Object.entries(markers)))).toEqual(problems);
  });
});

describe('the id of a patch', () => {
  it('is found wherever it stands in the code, and nowhere else', () => {
    const source = `
      // patched('in-a-comment')
      import { patched } from '@temporalio/workflow';
      const text = "patched('in-a-text')";
      export const enter = (): boolean => condition && patched('one') && workflow.patched(\`two\`);
      unpatched('three');`;
    expect(patchIdsIn(source)).toEqual(['one', 'two']);
  });

  it('must be a plain text, or nobody could look for its histories', () => {
    expect(() => patchIdsIn('patched(name)')).toThrow('patched(name): write the id as a plain text');
  });

  it('is read from the marker in a history', () => {
    const data = Buffer.from(JSON.stringify({ id, deprecated: false }));
    const recorded = (markerName: string) => ({
      markerRecordedEventAttributes: { markerName, details: { 'patch-data': { payloads: [{ data }] } } },
    });
    expect(patchMarkersOf({ events: [{}, recorded('core_patch'), recorded('another_marker')] })).toEqual([id]);
  });
});
