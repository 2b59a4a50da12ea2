import { RpcError } from '../../server/errors.ts';
import { FilterError } from '../../logging/query/filter-error.ts';
import { parseFilter } from '../../logging/query/parser.ts';
import type { Expression, Operator } from '../../logging/query/syntax.ts';
import { timeOf } from '../build-store.ts';
import type { Build } from '../build-store.ts';

type BuildTest = (build: Build) => boolean;

/** Fields that ListBuilds can filter by; a build matches when one of the field's values does. */
const FIELDS: Readonly<Record<string, (build: Build) => (string | number)[]>> = {
  id: (build) => [build.id],
  build_id: (build) => [build.id],
  status: (build) => [build.status],
  tags: (build) => build.tags,
  images: (build) => build.images,
  create_time: (build) => [timeOf(build.createTime)],
  start_time: (build) => (build.startTime ? [timeOf(build.startTime)] : []),
  finish_time: (build) => (build.finishTime ? [timeOf(build.finishTime)] : []),
  'results.images.name': (build) => build.results?.images.map((image) => image.name) ?? [],
  'results.images.digest': (build) => build.results?.images.map((image) => image.digest) ?? [],
  'source_provenance.resolved_git_source.revision': (build) => [
    build.sourceProvenance?.resolvedGitSource?.revision ?? '',
  ],
};

/**
 * Reads the filter of ListBuilds. Platform: the grammar is the Logging query language's (both follow AIP-160), the
 * fields are a build's.
 */
export function buildFilter(filter: string): BuildTest {
  try {
    return compile(parseFilter(filter));
  } catch (error) {
    if (error instanceof FilterError) throw new RpcError('INVALID_ARGUMENT', error.message);
    throw error;
  }
}

function compile(expression: Expression): BuildTest {
  switch (expression.kind) {
    case 'everything':
      return () => true;
    case 'and': {
      const tests = expression.terms.map(compile);
      return (build) => tests.every((test) => test(build));
    }
    case 'or': {
      const tests = expression.terms.map(compile);
      return (build) => tests.some((test) => test(build));
    }
    case 'not': {
      const test = compile(expression.term);
      return (build) => !test(build);
    }
    case 'comparison': {
      const values = fieldOf(expression.path.segments);
      const test = valueTest(expression.operator, expression.literal.text);
      return (build) => values(build).some(test);
    }
    case 'presence': {
      const values = fieldOf(expression.path.segments);
      return (build) => values(build).some((value) => value !== '');
    }
    default:
      throw FilterError.unsupported('a filter of builds compares fields, such as tags="x" AND status="SUCCESS"');
  }
}

function fieldOf(segments: readonly string[]): (build: Build) => (string | number)[] {
  const [first = '', second = ''] = segments;
  if (first === 'substitutions' && segments.length === 2)
    return (build) => (build.substitutions[second] === undefined ? [] : [build.substitutions[second]]);
  const path = segments.map((segment) => segment.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join('.');
  const field = Object.hasOwn(FIELDS, path) ? FIELDS[path] : undefined;
  if (field === undefined)
    throw FilterError.unknownField(
      segments.join('.'),
      `Builds are found by ${Object.keys(FIELDS).join(', ')}, substitutions.NAME.`,
    );
  return field;
}

function valueTest(operator: Operator, literal: string): (value: string | number) => boolean {
  const time = Date.parse(literal);
  return (value) => {
    const expected = typeof value === 'number' ? time : literal;
    switch (operator) {
      case '=':
        return value === expected;
      case ':':
        return typeof value === 'string' ? value.includes(literal) : value === expected;
      case '!=':
        return value !== expected;
      case '<':
        return value < expected;
      case '<=':
        return value <= expected;
      case '>':
        return value > expected;
      case '>=':
        return value >= expected;
      default:
        throw FilterError.unsupported(`the operator ${operator} is not served for builds`);
    }
  };
}
