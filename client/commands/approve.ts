import { answerCommand } from './answer-command.ts';

export const approve = answerCommand({
  decision: 'approve',
  description: [
    'Sends the message approve and prints the answer. Without --plan the plan that the run has now is shown and',
    'approved; with it, only exactly that plan. Waits up to two minutes while the run, or a release that goes there,',
    'has a question still to ask.',
  ].join(' '),
  role: 'the role that you approve in, when you hold several',
  examples: [
    './slipway approve openagents-runtime --environment production --by ann@example.com',
    './slipway approve deploy-openagents-runtime-production-4f2c9d1a-0b3e5f --role release-owner --plan 1f0c33ab5d2e',
  ],
});
