/** Writes when something was told of happened, for a person: `2026-03-01 18:00:00 UTC`. */
export function momentText({ at }: { at: string }): string {
  return at.replace(/^(.{10})T(.{8}).*$/, '$1 $2 UTC');
}
