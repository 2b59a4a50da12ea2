import { expect } from 'vitest';
import type { ChangeStatus } from '../../contract/status.ts';
import type { Run, Runs } from '../end-to-end/runs.ts';
import { eventually } from '../until.ts';

/** How a platform is away: it refuses each connection, or it takes them and answers nothing. */
export const kindsOfAway = ['refusing', 'hanging'] as const;
export type KindOfAway = (typeof kindsOfAway)[number];

/** A change that is in the midst of a step when the platform goes away. */
export interface Held {
  name: string;
  /** The step that cannot go on. */
  step: string;
  run: Run;
}

/** A run says within a minute what it waits for; a busy machine takes some seconds longer to show it. */
const saidWithinMs = 70_000;

/**
 * Asserts what each change says while the platform is away: nobody has to decide, its step is the same, and once it
 * says that it waits for the platform, it says so in each look, since the same time.
 */
export async function expectSaidWhileAway(runs: Runs, held: readonly Held[], awayMs: number): Promise<void> {
  const seen = held.map((): ChangeStatus[] => []);
  const end = Date.now() + awayMs;
  const isSaid = ({ waitingFor }: ChangeStatus) => waitingFor?.kind === 'platform';
  const silence = new Map<Held, unknown>();
  const missing = () => held.filter((_one, index) => !seen[index]?.some(isSaid));
  const describe = (one: Held) =>
    `${one.name} in ${one.step} (${seen[held.indexOf(one)]?.length} answers; ${String(silence.get(one))})`;
  await eventually(
    () => `said nothing of the platform: ${missing().map(describe).join()}`,
    async () => {
      // While a worker is busy a query may come too late.
      const statuses = await Promise.all(
        held.map((one) => runs.status(one.run).catch((error: unknown) => void silence.set(one, error))),
      );
      for (const [index, status] of statuses.entries()) if (status) seen[index]?.push(status);
      return Date.now() > end && missing().length === 0;
    },
    awayMs + saidWithinMs,
    500,
  );
  for (const [index, { name, step }] of held.entries()) {
    const looks = seen[index] ?? [];
    const since = looks.slice(looks.findIndex(isSaid));
    expect([...new Set(since.map(({ waitingFor }) => waitingFor?.kind ?? null))], name).toEqual(['platform']);
    expect([...new Set(since.map(({ waitingFor }) => waitingFor?.since))], name).toHaveLength(1);
    expect(
      looks.filter(({ phase }) => phase === 'parked').map(({ waitingFor }) => waitingFor?.what),
      name,
    ).toEqual([]);
    const running = looks.at(-1)?.steps.filter(({ state }) => state === 'running');
    expect(
      running?.map((one) => one.name),
      name,
    ).toEqual([step]);
  }
}
