import type { History } from './histories.ts';
import type { TreeFile } from './tree.ts';

const person = 'Release Owner <release-owner@example.com>';
const firstCommitAt = Date.UTC(2026, 0, 5, 9) / 1000;
const secondsBetweenCommits = 3 * 24 * 3600;

const data = (content: Buffer): Buffer[] => [Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n')];

const fileLines = (file: TreeFile): Buffer[] => [
  Buffer.from(`M ${file.executable ? '100755' : '100644'} inline ${file.path}\n`),
  ...data(file.content),
];

/**
 * A history as a stream for `git fast-import`: one commit a scenario on `main`, whose tree is exactly the given files, and a tag
 * with the scenario's name. The same input gives the same commit ids everywhere.
 */
export const fastImportStream = (history: History, trees: TreeFile[][]): Buffer => {
  const parts: Buffer[] = [];
  history.scenarios.forEach((scenario, index) => {
    const when = `${firstCommitAt + index * secondsBetweenCommits} +0000`;
    const head = `commit refs/heads/main\nmark :${index + 1}\nauthor ${person} ${when}\ncommitter ${person} ${when}\n`;
    parts.push(Buffer.from(head), ...data(Buffer.from(`${scenario.description}\n`)));
    if (index > 0) parts.push(Buffer.from(`from :${index}\n`));
    parts.push(Buffer.from('deleteall\n'), ...(trees[index] ?? []).flatMap(fileLines));
    parts.push(Buffer.from(`\nreset refs/tags/${scenario.name}\nfrom :${index + 1}\n\n`));
  });
  parts.push(Buffer.from('done\n'));
  return Buffer.concat(parts);
};
