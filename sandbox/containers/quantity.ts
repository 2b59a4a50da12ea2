const factors: Record<string, number> = {
  ...{ m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
};

/** Reads a quantity such as `500m` or `2Gi`; one that is none counts as nothing. */
export function quantity(text: string): number {
  const [, number = '0', unit = ''] = /^([0-9.]+(?:e[0-9]+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  return Number(number) * (factors[unit] ?? 1);
}
