const program = process.env['SLIPWAY_PROGRAM'] ?? './slipway';

/** Says a text with the name by which this command line is called: an installed one has no folder in front. */
export function asCalled(text: string): string {
  return program === './slipway' ? text : text.replaceAll('./slipway', program);
}
