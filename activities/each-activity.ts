type Activity = (...args: unknown[]) => Promise<unknown>;

/** Makes activities of which each call goes through `around`, which is told the arguments and runs the activity. */
export function aroundEach<All extends object>(
  activities: All,
  around: (run: () => Promise<unknown>, args: unknown[]) => Promise<unknown>,
): All {
  const guarded = Object.entries(activities).map(([name, activity]) => {
    const run = activity as Activity;
    return [name, (...args: unknown[]) => around(() => run(...args), args)] as const;
  });
  return Object.fromEntries(guarded) as All;
}
