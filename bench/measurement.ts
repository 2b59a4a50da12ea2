/** One line of an answer: what was measured, what came out, what was aimed at. */
export interface Finding {
  what: string;
  measured: string;
  /** Empty where the line only explains another one. */
  goal: string;
  reached: boolean | null;
}

export interface Options {
  /** Pairs of runs, one of each arm. */
  pairs: number;
  /** Also the cases that take minutes. */
  long: boolean;
}

/**
 * One measurement of bench/, which compares arms side by side on one machine. Its answer is a ratio or a quantile,
 * never a limit in seconds of this machine.
 */
export interface Measurement {
  title: string;
  /** Pairs, where the command line does not say. */
  pairs: number;
  measure(options: Options): Promise<Finding[]>;
}

/** Makes a finding with a goal that it reaches or not. */
export function against(what: string, value: number, max: number, unit: string, digits = 2): Finding {
  return { what, measured: `${value.toFixed(digits)}${unit}`, goal: `<= ${max}${unit}`, reached: value <= max };
}

export function note(what: string, measured: string): Finding {
  return { what, measured, goal: '', reached: null };
}
