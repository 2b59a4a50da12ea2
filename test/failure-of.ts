/** What a run ended with, for tests of every kind; for programs outside of the tests as well. */
export async function failureOf(run: { result(): Promise<unknown> }): Promise<{ type: string; message: string }> {
  try {
    const result = await run.result();
    throw new Error(`completed: ${JSON.stringify(result)}`);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof Error)) throw error;
    return { type: 'type' in cause ? String(cause.type) : cause.name, message: cause.message };
  }
}
