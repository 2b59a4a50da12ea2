import { allHandlersFinished, condition, defineQuery, defineUpdate, setHandler, sleep } from '@temporalio/workflow';

/** A run with a timer that fires each second, until it was told something twice. Answers what happened, in order. */
export async function clock(): Promise<string[]> {
  const seen: string[] = [];
  let told = 0;
  setHandler(defineQuery<string[]>('status'), () => seen);
  setHandler(defineUpdate('tell'), async () => {
    told += 1;
    seen.push('told');
    await sleep(1);
  });
  while (told < 2) {
    const before = told;
    seen.push((await condition(() => told > before, 1_000)) ? 'heard' : 'fired');
    await sleep(1);
  }
  await condition(allHandlersFinished);
  return seen;
}
