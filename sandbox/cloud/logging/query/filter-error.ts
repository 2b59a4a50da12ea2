/**
 * A filter that the platform refuses: always INVALID_ARGUMENT, never an empty or a full answer.
 * Platform: Logging v2, "Logging query language", errors are detected before the query is used.
 */
export class FilterError extends Error {
  override readonly name = 'FilterError';

  static syntax(source: string, at: number, expectation: string): FilterError {
    const before = source.slice(0, at);
    const line = before.split('\n').length;
    const column = at - (before.lastIndexOf('\n') + 1) + 1;
    const rest = source.slice(at).trimStart();
    const token = rest === '' ? 'the end of the filter' : `'${rest.split(/\s/, 1)[0]?.slice(0, 40) ?? ''}'`;
    return new FilterError(
      `Unparseable filter: syntax error at line ${line}, column ${column}, at ${token}: ${expectation}`,
    );
  }

  static unknownField(path: string, reason: string): FilterError {
    return new FilterError(`Unparseable filter: Field not found: '${path}'. ${reason}`);
  }

  static unsupported(message: string): FilterError {
    return new FilterError(`Unparseable filter: ${message}`);
  }
}
