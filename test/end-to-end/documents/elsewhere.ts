/** Commands of documents that no test pastes, why not, and what stands behind them instead. */
export interface OnlyElsewhere {
  /** Documents in which they stand. */
  documents: RegExp;
  command: RegExp;
  why: string;
  /** A test that runs the same, or a job of CI; null where only the real platform can. */
  instead: string | null;
}

export const onlyElsewhere: OnlyElsewhere[] = [
  {
    documents: /^README\.md$/,
    command: /^npm (start|run start:incident)/,
    why: 'it takes the usual ports and stays on a terminal',
    instead: 'test/end-to-end/start.test.ts',
  },
  {
    documents: /^docs\/kubernetes\.md$/,
    command: /^npm run start:kubernetes$/,
    why: 'the same',
    instead: 'test/end-to-end/start.test.ts',
  },
  {
    documents: /^(README|CONTRIBUTING)\.md$|^docs\/incidents\/adding-a-category\.md$/,
    command: /^(SLIPWAY_LONG=1 .*)?(npm test|npx vitest|npm run (check|format|bench|screenshots))\b/,
    why: 'it is what runs the tests',
    instead: '.github/workflows/ci.yml',
  },
];

export function isOnlyElsewhere(document: string, command: string): boolean {
  return onlyElsewhere.some((each) => each.documents.test(document) && each.command.test(command));
}
