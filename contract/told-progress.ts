/** What an activity tells while it works: `secondsLeft`, `of`, `waitingFor`, `seen`, and words of its own. */
export type ToldProgress = Record<string, unknown>;

/** Says in one line what work under way told last: how long yet, what it waits for, what was seen. */
export function describeProgress({ of, secondsLeft, seen, waitingFor, ...others }: ToldProgress): string {
  const parts = [
    typeof secondsLeft === 'number' ? leftText(secondsLeft, of) : '',
    typeof waitingFor === 'string' ? `waits for ${waitingFor}` : '',
    ...(Array.isArray(seen) ? seen.map(String) : []),
  ].filter((part) => part !== '');
  const told = parts.length > 0 ? parts : Object.entries(others).map(([name, value]) => `${name}: ${String(value)}`);
  return told.join('; ');
}

function leftText(secondsLeft: number, of: unknown): string {
  return typeof of === 'number' ? `${of - secondsLeft} of ${of} s` : `${secondsLeft} s left`;
}
