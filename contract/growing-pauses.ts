/** Makes a function that answers one pause after the other: each is twice as long as the one before, up to a limit. */
export function growingPauses(first: number, longest: number): () => number {
  let next = first;
  return () => {
    const pause = next;
    next = Math.min(next * 2, longest);
    return pause;
  };
}
