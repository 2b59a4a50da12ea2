import { FilterError } from './filter-error.ts';
import { tokenize } from './lexer.ts';
import type { Token, WordToken } from './lexer.ts';
import type { CallArgument, Expression, FieldPath, Literal, Operator } from './syntax.ts';

/** Platform: Logging query language, "the length of a query can't exceed 20,000 characters". */
const MAX_FILTER_LENGTH = 20_000;

/** Deeper nesting than anybody writes; a bound keeps the recursion off the end of the stack. */
const MAX_DEPTH = 200;

const KEYWORDS = new Set(['AND', 'OR', 'NOT']);

/** Parses a filter; throws {@link FilterError}. NOT binds tightest, then OR, then AND. */
export function parseFilter(source: string): Expression {
  if (source.length > MAX_FILTER_LENGTH) {
    throw FilterError.unsupported(
      `the filter has ${source.length} characters, at most ${MAX_FILTER_LENGTH} are allowed`,
    );
  }
  return new Parser(source).parse();
}

/** An operand between the connectives: a whole comparison, or a bare value of `field=(…)`. */
type Leaf = () => Expression;

class Parser {
  private readonly source: string;
  private readonly tokens: readonly Token[];
  private index = 0;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  parse(): Expression {
    if (this.current().kind === 'end') return { kind: 'everything' };
    const expression = this.conjunction(() => this.restriction());
    if (this.current().kind !== 'end') this.fail('nothing more was expected here');
    return expression;
  }

  /** AND is the weakest connective and may be left out. */
  private conjunction(leaf: Leaf): Expression {
    const terms = [this.disjunction(leaf)];
    for (;;) {
      if (this.isKeyword('AND')) this.index += 1;
      else if (!this.startsTerm()) break;
      terms.push(this.disjunction(leaf));
    }
    return terms.length === 1 ? (terms[0] as Expression) : { kind: 'and', terms };
  }

  private disjunction(leaf: Leaf): Expression {
    const terms = [this.negation(leaf)];
    while (this.isKeyword('OR')) {
      this.index += 1;
      terms.push(this.negation(leaf));
    }
    return terms.length === 1 ? (terms[0] as Expression) : { kind: 'or', terms };
  }

  private negation(leaf: Leaf): Expression {
    let negated = false;
    while (this.isKeyword('NOT') || this.current().kind === '-') {
      this.index += 1;
      negated = !negated;
    }
    const term = this.primary(leaf);
    return negated ? { kind: 'not', term } : term;
  }

  private primary(leaf: Leaf): Expression {
    if (this.current().kind !== '(') return leaf();
    this.depth += 1;
    if (this.depth > MAX_DEPTH) this.fail(`parentheses are nested more than ${MAX_DEPTH} deep`);
    this.index += 1;
    const expression = this.conjunction(leaf);
    this.expect(')', "a closing ')' was expected");
    this.depth -= 1;
    return expression;
  }

  private restriction(): Expression {
    const word = this.word('a field, a value or an opening parenthesis was expected');
    const next = this.current();
    if (next.kind === '(' && next.adjacent && !word.quoted) return this.call(word);
    if (next.kind !== 'operator') return { kind: 'everywhere', literal: literalOf(word) };
    if (word.quoted) this.fail('the left side of a comparison must be a field, not a quoted text', word.at);
    this.index += 1;
    return this.comparison(this.pathOf(word), next.operator);
  }

  private comparison(path: FieldPath, operator: Operator): Expression {
    if (this.current().kind === '(') return this.primary(() => this.value(path, operator));
    return this.value(path, operator);
  }

  private value(path: FieldPath, operator: Operator): Expression {
    const isPattern = this.current().kind === '~';
    if (isPattern) {
      if (operator !== '=' && operator !== '!=') this.fail("'~' before a value needs '=' or '!='");
      this.index += 1;
    }
    const word = this.word('a value was expected');
    if (this.current().kind === 'operator') this.fail('a value with an operator in it must be in double quotes');
    const literal = literalOf(word);
    if (operator === ':' && literal.text === '*' && !literal.quoted) return { kind: 'presence', path };
    const effective = isPattern ? (operator === '=' ? '=~' : '!~') : operator;
    return { kind: 'comparison', path, operator: effective, literal };
  }

  private call(name: WordToken): Expression {
    this.index += 1;
    const callArguments: CallArgument[] = [];
    if (this.current().kind !== ')') {
      for (;;) {
        const word = this.word('an argument was expected');
        callArguments.push({ literal: literalOf(word), path: word.quoted ? undefined : this.pathOf(word) });
        if (this.current().kind !== ',') break;
        this.index += 1;
      }
    }
    this.expect(')', "',' or ')' was expected after an argument");
    return { kind: 'call', name: name.text, callArguments };
  }

  private pathOf(word: WordToken): FieldPath {
    if (word.segments.some((segment) => segment === '')) this.fail('a field path has an empty part', word.at);
    return { segments: word.segments, text: word.text };
  }

  private word(expectation: string): WordToken {
    const token = this.current();
    if (token.kind !== 'word') this.fail(expectation);
    if (isKeywordToken(token)) this.fail(`${expectation}; ${token.text} is an operator unless it is quoted`);
    this.index += 1;
    return token;
  }

  private startsTerm(): boolean {
    const token = this.current();
    if (token.kind === '(' || token.kind === '-' || token.kind === '~') return true;
    return token.kind === 'word' && !(isKeywordToken(token) && token.text !== 'NOT');
  }

  private isKeyword(keyword: string): boolean {
    const token = this.current();
    return token.kind === 'word' && isKeywordToken(token) && token.text === keyword;
  }

  private expect(kind: Token['kind'], expectation: string): void {
    if (this.current().kind !== kind) this.fail(expectation);
    this.index += 1;
  }

  private current(): Token {
    return this.tokens[Math.min(this.index, this.tokens.length - 1)] as Token;
  }

  private fail(expectation: string, at: number = this.current().at): never {
    throw FilterError.syntax(this.source, at, expectation);
  }
}

function isKeywordToken(token: WordToken): boolean {
  return !token.quoted && KEYWORDS.has(token.text);
}

function literalOf(word: WordToken): Literal {
  return { text: word.text, raw: word.raw, quoted: word.quoted };
}
