/** Commands of documents that no test pastes, why not, and what stands behind them instead. */
export interface OnlyElsewhere {
  document: RegExp;
  /** Under this heading; absent for all of the document. */
  heading?: string;
  command: RegExp;
  why: string;
  /** A test that runs the same; null where only the real platform can. */
  instead: string | null;
}

const everything = /(?:)/;

export const onlyElsewhere: OnlyElsewhere[] = [
  {
    document: /^README\.md$/,
    command: /^npm (start|run start:incident)/,
    why: 'it takes the usual ports and stays on a terminal',
    instead: 'test/end-to-end/start.test.ts',
  },
  {
    document: /^docs\/kubernetes\.md$/,
    command: /^npm run start:kubernetes$/,
    why: 'it takes the usual ports and stays on a terminal',
    instead: 'test/end-to-end/start.test.ts',
  },
  {
    document: /^(README|CONTRIBUTING)\.md$|^docs\/incidents\/adding-a-category\.md$/,
    command: /^(SLIPWAY_\w+=\S+ )*(npm test|npx vitest|npm run (check|format|bench|screenshots))\b/,
    why: 'it is what runs the tests',
    instead: '.github/workflows/ci.yml',
  },
  {
    document: /^README\.md$/,
    heading: 'With Docker',
    command: everything,
    why: 'it needs a Docker daemon',
    instead: 'test/setup/compose.test.ts',
  },
  {
    document: /^client\/package\/README\.md$/,
    command: everything,
    why: 'it installs the program for the whole machine',
    instead: 'test/end-to-end/installed-client.test.ts',
  },
  {
    document: /^docs\/platform-assumptions\.md$/,
    command: /^\.\/slipway probe /,
    why: 'it is for a real project of Google Cloud',
    instead: 'test/client/probe.test.ts',
  },
  {
    document: /^docs\/command-line\.md$/,
    heading: 'Completion',
    command: /completion (zsh|fish)/,
    why: 'it is for another shell than bash',
    instead: 'test/client/completion.test.ts',
  },
  {
    document: /^docs\/(runbooks|operating)\//,
    command: /^gcloud run /,
    why: 'it speaks the first version of the Cloud Run API, which the sandbox does not have',
    instead: null,
  },
  {
    document: /^docs\/operating\/ledger\.md$/,
    command: /^gcloud storage cp /,
    why: 'it copies into a bucket of the reader',
    instead: null,
  },
  {
    document: /^docs\/operating\/ledger\.md$/,
    heading: 'The chain is checked',
    command: /ledger verify/,
    why: 'it names ledgers and a bucket of the reader',
    instead: 'test/client/ledger-verify.test.ts',
  },
  {
    document: /^docs\/your-own-service\.md$/,
    heading: 'Private repositories',
    command: /^ssh-keyscan /,
    why: 'it asks the git server of the reader',
    instead: null,
  },
  {
    document: /^docs\/reference\/permissions\.md$/,
    heading: 'Roles that have them',
    command: everything,
    why: 'it needs a Google Cloud project',
    instead: null,
  },
  ...['What has to be there', 'Permissions', 'The worker'].map((heading) => ({
    document: /^docs\/your-own-service\.md$/,
    heading,
    command: everything,
    why: 'it needs a Google Cloud project',
    instead: null,
  })),
  {
    document: /^docs\/runbooks\/lease-steals\.md$/,
    command: /^kubectl .* exec /,
    why: 'it asks a node of the BEAM, which the sample is not',
    instead: null,
  },
];

interface Command {
  document: string;
  heading: string;
  command: string;
}

export function isOnlyElsewhere(command: Command): boolean {
  return onlyElsewhere.some((each) => matches(each, command));
}

export function matches(
  { document, heading, command }: Pick<OnlyElsewhere, 'document' | 'heading' | 'command'>,
  each: Command,
): boolean {
  return document.test(each.document) && [undefined, each.heading].includes(heading) && command.test(each.command);
}
