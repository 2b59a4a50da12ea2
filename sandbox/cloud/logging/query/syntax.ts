/** The tree that a filter is parsed into. */

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | ':' | '=~' | '!~';

export interface Literal {
  readonly text: string;
  /** The characters between the quotes as written: a regular expression keeps its own escapes. */
  readonly raw: string;
  readonly quoted: boolean;
}

export interface FieldPath {
  readonly segments: readonly string[];
  /** As written, for messages. */
  readonly text: string;
}

export interface CallArgument {
  readonly literal: Literal;
  /** Undefined for a quoted argument, which is never a field. */
  readonly path: FieldPath | undefined;
}

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }
  | {
      readonly kind: 'comparison';
      readonly path: FieldPath;
      readonly operator: Operator;
      readonly literal: Literal;
    }
  | { readonly kind: 'presence'; readonly path: FieldPath }
  | { readonly kind: 'everywhere'; readonly literal: Literal }
  | { readonly kind: 'call'; readonly name: string; readonly callArguments: readonly CallArgument[] }
  | { readonly kind: 'everything' };
