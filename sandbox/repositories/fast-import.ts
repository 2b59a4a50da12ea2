import type { History, Scenario } from './histories.ts';
import type { TreeFile } from './tree.ts';

const person = 'Release Owner <release-owner@example.com>';
const firstCommitAt = Date.UTC(2026, 0, 5, 9) / 1000;
const secondsBetweenCommits = 3 * 24 * 3600;

const data = (content: Buffer): Buffer[] => [Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n')];

const fileLines = (file: TreeFile): Buffer[] => [
  Buffer.from(`M ${file.executable ? '100755' : '100644'} inline ${file.path}\n`),
  ...data(file.content),
];

/** Finds the mark (1 for the first scenario) of a scenario's parent commit; none for the first. */
const parentOf = (scenarios: Scenario[], scenario: Scenario, index: number): number | undefined => {
  const { branch } = scenario;
  const parent = branch
    ? scenarios.findIndex(({ name }) => name === branch.after)
    : scenarios.findLastIndex((earlier, at) => at < index && !earlier.branch);
  if (branch && (parent < 0 || parent >= index))
    throw new Error(`${scenario.name} leaves main after ${branch.after}, which is no earlier scenario`);
  return parent < 0 ? undefined : parent + 1;
};

/**
 * Writes a history as a stream for `git fast-import`. Each scenario is one commit on `main` or its own branch, with
 * exactly the given files and a tag of its name. The same input gives the same commit ids everywhere.
 */
export const fastImportStream = ({ scenarios }: History, trees: TreeFile[][]): Buffer => {
  const parts: Buffer[] = [];
  scenarios.forEach((scenario, index) => {
    const when = `${firstCommitAt + index * secondsBetweenCommits} +0000`;
    const parent = parentOf(scenarios, scenario, index);
    const branch = scenario.branch?.name ?? 'main';
    const by = `author ${person} ${when}\ncommitter ${person} ${when}\n`;
    const head = `commit refs/heads/${branch}\nmark :${index + 1}\n${by}`;
    parts.push(Buffer.from(head), ...data(Buffer.from(`${scenario.description}\n`)));
    if (parent !== undefined) parts.push(Buffer.from(`from :${parent}\n`));
    parts.push(Buffer.from('deleteall\n'), ...(trees[index] ?? []).flatMap(fileLines));
    parts.push(Buffer.from(`\nreset refs/tags/${scenario.name}\nfrom :${index + 1}\n\n`));
  });
  parts.push(Buffer.from('done\n'));
  return Buffer.concat(parts);
};
