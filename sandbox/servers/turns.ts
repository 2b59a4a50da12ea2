/** Titles of the work that is not done yet, the one whose turn it is among them. */
const left: string[] = [];
let last: Promise<unknown> = Promise.resolve();

/** Does work that takes the whole machine, such as a build, after all that was given before. */
export const inTurn = <Result>(title: string, work: () => Promise<Result>): Promise<Result> => {
  left.push(title);
  const turn = last.then(work).finally(() => left.splice(left.indexOf(title), 1));
  last = turn.catch(() => {});
  return turn;
};

/** Says what comes after this work; nothing where it is the last. */
export const whatFollows = (title: string): string => {
  const others = left.filter((other) => other !== title);
  return others.length === 0 ? '' : `; left after that: ${others.join(', ')}`;
};
