/** Says why a query is refused that came to a worker before the workflow task it has to wait for. */
export const earlyQuery = 'the worker has just begun with this run; ask again';

/** The task may wait some seconds for the worker that died, before the next one gets it. */
const patienceMs = 15_000;
const pauseMs = 200;

/**
 * Repeats a query that came too early, as long as its deadline allows, and 15 s at most: the workflow task it waits for
 * is handled in between. After that it throws an Error with the message `earlyQuery`, and never the error of a query
 * that the run does not know. A client of Temporal takes this as one of its `interceptors.workflow`.
 */
export const askAgain = {
  async query<Input, Answer>(input: Input, next: (input: Input) => Promise<Answer>): Promise<Answer> {
    const givenUpAt = Date.now() + patienceMs;
    for (;;) {
      try {
        return await next(input);
      } catch (error) {
        if (!isEarly(error)) throw error;
        if (Date.now() > givenUpAt) throw new Error(earlyQuery, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  },
};

/** Says whether a query was refused because it came too early. */
export function isEarly(error: unknown): boolean {
  return error instanceof Error && error.message === earlyQuery;
}
