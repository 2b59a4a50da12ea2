import { answerCommand } from './answer-command.ts';

export const reject = answerCommand({
  decision: 'reject',
  description: 'Sends the message reject: the run ends as Rejected, and nothing was changed.',
  role: 'the role that you decide in, when you hold several',
  examples: [
    './slipway reject openagents-runtime --environment production --by ann@example.com --note "not before the holiday"',
  ],
});
