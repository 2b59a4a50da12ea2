/** A declaration stands alone in a comment, in one of the first lines. */
const declaringLines = 3;
const declaration = /^\s*(?:--|#|\/\/|;+|%+|\/\*|<!--)\s*slipway:\s*([\w-]+)\s*(?:\*\/|-->)?\s*$/;

/** Says what a migration declares of itself: `slipway: compatible`, `slipway: out-of-order`. */
export function declares(text: string, what: 'compatible' | 'out-of-order'): boolean {
  const first = text.replace(/^\uFEFF/, '').split(/\r?\n/, declaringLines);
  return first.some((line) => declaration.exec(line)?.[1] === what);
}
