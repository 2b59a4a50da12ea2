import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { withFinalOwnErrors } from '../../activities/own-errors.ts';

describe('an activity that ends by an error', () => {
  const endedBy = (work: () => unknown) =>
    withFinalOwnErrors({ look: async () => work() })
      .look()
      .catch((error: unknown) => error);

  it.each([
    ['an address that is none', () => new URL(''), 'Invalid URL'],
    ['a value that is not there', () => (undefined as unknown as { id: string }).id, "reading 'id'"],
    ['a number out of range', () => 'x'.repeat(-1), 'Invalid count value'],
  ])('is not tried again where it is our own: %s', async (_what, work, said) => {
    expect(await endedBy(work)).toMatchObject({
      nonRetryable: true,
      message: expect.stringMatching(new RegExp(`^a defect of Slipway, which no repeat mends: .*${said}`)),
    });
  });

  it("is tried again where the world may mend it: a network, no JSON, an adapter's failure", async () => {
    const network = await endedBy(() => fetch('http://127.0.0.1:1/'));
    expect(network).toBeInstanceOf(TypeError);
    expect(await endedBy(() => JSON.parse('<html>') as unknown)).toBeInstanceOf(SyntaxError);
    const away = ApplicationFailure.create({ type: 'Unavailable', message: 'UNAVAILABLE' });
    expect(await endedBy(() => Promise.reject(away))).toBe(away);
  });
});
