/** Makes a part of the board. A defect in one must not take the others away at night: it is told in its place. */
export function guarded<Part>(make: () => Part, instead: (reason: string) => Part): Part {
  try {
    return make();
  } catch (error) {
    return instead(`this cannot be shown: ${error instanceof Error ? error.message : String(error)}`);
  }
}
