/** Says why a query is refused that came to a worker before the workflow task it has to wait for. */
export const earlyQuery = 'the worker has just begun with this run; ask again';

const tries = 20;
const pauseMs = 200;

/**
 * Repeats a query that came too early, for four seconds at most: the workflow task it waits for is handled in between.
 * A client of Temporal takes this as one of its `interceptors.workflow`.
 */
export const askAgain = {
  async query<Input, Answer>(input: Input, next: (input: Input) => Promise<Answer>): Promise<Answer> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await next(input);
      } catch (error) {
        const isEarly = error instanceof Error && error.message === earlyQuery;
        if (!isEarly || tried === tries) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  },
};
