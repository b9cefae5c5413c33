/**
 * The grammar of a litmus test, from the initial state on.
 */
import { EmbeddedActionsParser, EOF, type IToken, type TokenType } from 'chevrotain';
import type {
  Condition,
  Expression,
  Initial,
  Literal,
  Operator,
  Place,
  Position,
  Proposition,
  Statement,
  Thread,
} from './ast.js';
import { KERNEL_CALLS, type Called } from './kernel-calls.js';
import { LitmusSyntaxError, UnsupportedError } from './litmus-error.js';
import * as T from './tokens.js';

/** All of a test but its name. */
export interface Body {
  readonly initial: readonly Initial[];
  readonly threads: readonly { readonly id: number; readonly at: Position; readonly thread: Thread }[];
  readonly locations: readonly Place[];
  readonly filter: Proposition | undefined;
  readonly condition: Condition;
}

/** Where a token starts. */
export function positionOf(token: IToken): Position {
  return { line: token.startLine ?? 1, column: token.startColumn ?? 1 };
}

const COMPARISONS: readonly (readonly [TokenType, Operator])[] = [
  [T.EqEq, '=='],
  [T.NotEq, '!='],
  [T.LessEq, '<='],
  [T.GreaterEq, '>='],
  [T.Less, '<'],
  [T.Greater, '>'],
];
const SUMS: typeof COMPARISONS = [
  [T.Plus, '+'],
  [T.Minus, '-'],
];
const PRODUCTS: typeof COMPARISONS = [
  [T.Star, '*'],
  [T.Slash, '/'],
];

/** The parser. It stops at the first error. */
export class LitmusParser extends EmbeddedActionsParser {
  constructor() {
    super(T.ALL_TOKENS, { recoveryEnabled: false, maxLookahead: 3, skipValidations: false });
    this.performSelfAnalysis();
  }

  readonly body = this.RULE('body', (): Body => {
    this.CONSUME(T.StartOfInit);
    const initial: Initial[][] = [];
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(T.Semi) }, { ALT: () => initial.push(this.SUBRULE(this.initialItem)) }]);
    });
    this.CONSUME(T.EndOfInit);
    const threads: { id: number; at: Position; thread: Thread }[] = [];
    this.MANY1(() => threads.push(this.SUBRULE(this.thread)));
    const locations: Place[][] = [];
    let filter: Proposition | undefined;
    this.MANY2(() =>
      this.OR1([
        { ALT: () => locations.push(this.SUBRULE(this.locations)) },
        {
          ALT: () => {
            this.CONSUME(T.Filter);
            filter = this.SUBRULE(this.proposition);
          },
        },
      ]),
    );
    // Without a condition every execution is fine.
    let condition: Condition = { quantifier: 'forall', proposition: { kind: 'true' } };
    this.OPTION(() => {
      condition = this.SUBRULE(this.condition);
      this.OPTION1(() => this.CONSUME1(T.Semi));
    });
    return { initial: initial.flat(), threads, locations: locations.flat(), filter, condition };
  });

  private readonly initialItem = this.RULE('initialItem', (): Initial[] => {
    let isDeclared = false;
    this.MANY({
      GATE: () => this.isTypeWord(),
      DEF: () => {
        this.OR([
          { ALT: () => this.CONSUME(T.Struct) },
          { ALT: () => this.CONSUME(T.BaseType) },
          { ALT: () => this.CONSUME(T.Star) },
          { ALT: () => this.CONSUME(T.Name) },
        ]);
        isDeclared = true;
      },
    });
    const place = this.SUBRULE(this.initialPlace);
    let size: number | undefined;
    this.OPTION(() => {
      this.CONSUME(T.LBracket);
      size = numberOf(this.CONSUME(T.Num));
      this.CONSUME(T.RBracket);
    });
    let values: Literal[] = [];
    this.OPTION1(() => {
      this.CONSUME(T.Equal);
      values = this.SUBRULE(this.initialValues);
    });
    return this.ACTION(() => this.initials(place, isDeclared ? size : undefined, size, values));
  });

  /** Whether a word of a type comes next. A type that nobody here knows is a name before a name. */
  private isTypeWord(): boolean {
    if (this.LA(1).tokenType !== T.Name) return true;
    const next = this.LA(2).tokenType;
    return next === T.Name || next === T.Star || next === T.Num;
  }

  private initials(place: Place, array: number | undefined, index: number | undefined, values: Literal[]): Initial[] {
    if (place.kind === 'register' || index === undefined) return [{ place, value: values[0] ?? 0 }];
    if (array === undefined) return [{ place: { ...place, index }, value: values[0] ?? 0 }];
    return Array.from({ length: array }, (_, cell) => ({ place: { ...place, index: cell }, value: values[cell] ?? 0 }));
  }

  private readonly initialPlace = this.RULE('initialPlace', (): Place =>
    this.OR([
      {
        ALT: (): Place => {
          this.CONSUME(T.LBracket);
          const name = this.CONSUME(T.Name).image;
          this.CONSUME(T.RBracket);
          return { kind: 'global', name, index: 0 };
        },
      },
      { ALT: (): Place => ({ kind: 'global', name: this.CONSUME1(T.Name).image, index: 0 }) },
      { ALT: (): Place => this.SUBRULE(this.register) },
    ]),
  );

  private readonly register = this.RULE('register', (): Place => {
    const thread = this.OR([
      { ALT: () => numberOf(this.CONSUME(T.Num)) },
      { ALT: () => numberAfterP(this.CONSUME(T.Proc)) },
    ]);
    this.CONSUME(T.Colon);
    return { kind: 'register', thread, name: this.CONSUME(T.Name).image };
  });

  private readonly initialValues = this.RULE('initialValues', (): Literal[] =>
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.AtomicInit);
          this.CONSUME(T.LParen);
          const value = this.SUBRULE(this.literal);
          this.CONSUME(T.RParen);
          return [value];
        },
      },
      {
        ALT: () => {
          const values: Literal[] = [];
          this.CONSUME(T.OpenList);
          this.MANY_SEP({ SEP: T.Comma, DEF: () => values.push(this.SUBRULE1(this.literal)) });
          this.CONSUME(T.CloseList);
          return values;
        },
      },
      { ALT: () => [this.SUBRULE2(this.literal)] },
    ]),
  );

  private readonly literal = this.RULE('literal', (): Literal =>
    this.OR([
      {
        ALT: (): Literal => {
          let isNegative = false;
          this.OPTION(() => {
            this.CONSUME(T.Minus);
            isNegative = true;
          });
          const value = numberOf(this.CONSUME(T.Num));
          return isNegative ? -value : value;
        },
      },
      {
        ALT: (): Literal => {
          this.OPTION1(() => this.CONSUME(T.Amper));
          const address = this.CONSUME(T.Name).image;
          let index = 0;
          this.OPTION2(() => {
            this.CONSUME(T.LBracket);
            index = numberOf(this.CONSUME1(T.Num));
            this.CONSUME(T.RBracket);
          });
          return { address, index };
        },
      },
    ]),
  );

  private readonly thread = this.RULE('thread', () => {
    this.OPTION(() => {
      this.CONSUME(T.BaseType);
      this.OPTION1(() => this.CONSUME(T.Star));
    });
    const proc = this.CONSUME(T.Proc);
    this.CONSUME(T.LParen);
    const parameters: string[] = [];
    this.MANY_SEP({ SEP: T.Comma, DEF: () => parameters.push(this.SUBRULE(this.parameter)) });
    this.CONSUME(T.RParen);
    const body = this.SUBRULE(this.block);
    return { id: numberAfterP(proc), at: positionOf(proc), thread: { parameters, body } };
  });

  private readonly parameter = this.RULE('parameter', (): string => {
    this.SUBRULE(this.type);
    return this.CONSUME(T.Name).image;
  });

  /** A type, with at least one word. */
  private readonly type = this.RULE('type', (): void => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.Struct);
          this.CONSUME(T.Name);
        },
      },
      { ALT: () => this.CONSUME(T.BaseType) },
      { ALT: () => this.CONSUME1(T.Name) },
    ]);
    this.MANY(() => this.OR1([{ ALT: () => this.CONSUME1(T.BaseType) }, { ALT: () => this.CONSUME(T.Star) }]));
  });

  private readonly block = this.RULE('block', (): Statement[] => {
    const body: Statement[][] = [];
    this.CONSUME(T.LBrace);
    this.MANY(() => body.push(this.SUBRULE(this.statement)));
    this.CONSUME(T.RBrace);
    return body.flat();
  });

  private readonly statement = this.RULE('statement', (): Statement[] =>
    this.OR([
      { ALT: () => this.SUBRULE(this.block) },
      {
        ALT: () => {
          this.CONSUME(T.Semi);
          return [];
        },
      },
      { ALT: () => [this.SUBRULE(this.ifStatement)] },
      { ALT: () => [this.SUBRULE(this.whileStatement)] },
      { GATE: () => this.startsDeclaration(), ALT: () => this.SUBRULE(this.declaration) },
      { ALT: () => [this.SUBRULE(this.storeThrough)] },
      {
        GATE: () => this.LA(1).tokenType === T.LParen && this.LA(2).image === 'void',
        ALT: () => [this.SUBRULE(this.evaluation)],
      },
      { ALT: () => [this.SUBRULE(this.namedStatement)] },
    ]),
  );

  private startsDeclaration(): boolean {
    const [first, second, third] = [this.LA(1), this.LA(2), this.LA(3)];
    if (first.tokenType === T.BaseType || first.tokenType === T.Struct) return true;
    if (first.tokenType !== T.Name) return false;
    return second.tokenType === T.Name || (second.tokenType === T.Star && third.tokenType === T.Name);
  }

  private readonly declaration = this.RULE('declaration', (): Statement[] => {
    const made: Statement[] = [];
    this.SUBRULE(this.type);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        this.MANY(() => this.CONSUME(T.Star));
        const name = this.CONSUME(T.Name).image;
        this.OPTION(() => {
          this.CONSUME(T.Equal);
          made.push({ kind: 'assign', name, value: this.SUBRULE(this.expression) });
        });
        this.ACTION(() => {
          if (made.length === 0) made.push({ kind: 'declare', name });
        });
      },
    });
    this.CONSUME(T.Semi);
    return made;
  });

  private readonly ifStatement = this.RULE('ifStatement', (): Statement => {
    this.CONSUME(T.If);
    this.CONSUME(T.LParen);
    const condition = this.SUBRULE(this.expression);
    this.CONSUME(T.RParen);
    const then = this.SUBRULE(this.statement);
    let otherwise: Statement[] = [];
    this.OPTION(() => {
      this.CONSUME(T.Else);
      otherwise = this.SUBRULE1(this.statement);
    });
    return { kind: 'if', condition, then, otherwise };
  });

  private readonly whileStatement = this.RULE('whileStatement', (): Statement => {
    const at = positionOf(this.CONSUME(T.While));
    this.CONSUME(T.LParen);
    const condition = this.SUBRULE(this.expression);
    this.CONSUME(T.RParen);
    const body = this.SUBRULE(this.statement);
    return { kind: 'while', condition, body, at };
  });

  /** `*x = e;` */
  private readonly storeThrough = this.RULE('storeThrough', (): Statement => {
    const at = positionOf(this.CONSUME(T.Star));
    const address = this.SUBRULE(this.unary);
    this.CONSUME(T.Equal);
    const value = this.SUBRULE(this.expression);
    this.CONSUME(T.Semi);
    return { kind: 'store', address, value, tag: 'plain', at };
  });

  /** `(void) e;` */
  private readonly evaluation = this.RULE('evaluation', (): Statement => {
    const value = this.SUBRULE(this.expression);
    this.CONSUME(T.Semi);
    return { kind: 'evaluate', value };
  });

  /** What starts with a name: an assignment or a call. */
  private readonly namedStatement = this.RULE('namedStatement', (): Statement => {
    const name = this.CONSUME(T.Name);
    const statement = this.OR([
      {
        ALT: (): Statement => {
          this.CONSUME(T.Equal);
          return { kind: 'assign', name: name.image, value: this.SUBRULE(this.expression) };
        },
      },
      {
        ALT: (): Statement => {
          const called = this.SUBRULE(this.call, { ARGS: [name] });
          return this.ACTION(() =>
            'statement' in called ? called.statement : { kind: 'evaluate', value: called.expression },
          );
        },
      },
      { ALT: (): Statement => this.SUBRULE(this.member) },
    ]);
    this.CONSUME(T.Semi);
    return statement;
  });

  /** Structures and arrays are no part of the language of litmus tests. */
  private readonly member = this.RULE('member', (): never => {
    const token = this.OR([
      { ALT: () => this.CONSUME(T.Arrow) },
      { ALT: () => this.CONSUME(T.Dot) },
      { ALT: () => this.CONSUME(T.LBracket) },
    ]);
    return this.ACTION(() => {
      throw new UnsupportedError(`'${token.image}' on a variable`, positionOf(token));
    });
  });

  private readonly call = this.RULE('call', (name: IToken): Called => {
    const args: Expression[] = [];
    this.CONSUME(T.LParen);
    this.MANY_SEP({ SEP: T.Comma, DEF: () => args.push(this.SUBRULE(this.expression)) });
    this.CONSUME(T.RParen);
    return this.ACTION(() => callOf(name, args));
  });

  private readonly expression = this.RULE('expression', (): Expression => {
    let left = this.SUBRULE(this.exclusiveOr);
    this.MANY(() => {
      const operator = this.OR([
        { ALT: () => this.CONSUME(T.Pipe) },
        { ALT: () => this.CONSUME(T.OrOr) },
        { ALT: () => this.CONSUME(T.AndAnd) },
      ]);
      this.ACTION(() => {
        if (operator.tokenType !== T.Pipe) throw new UnsupportedError(`'${operator.image}'`, positionOf(operator));
      });
      left = { kind: 'binary', operator: '|', left, right: this.SUBRULE1(this.exclusiveOr) };
    });
    return left;
  });

  private readonly exclusiveOr = this.RULE('exclusiveOr', (): Expression => {
    let left = this.SUBRULE(this.bitwiseAnd);
    this.MANY(() => {
      this.CONSUME(T.Caret);
      left = { kind: 'binary', operator: '^', left, right: this.SUBRULE1(this.bitwiseAnd) };
    });
    return left;
  });

  private readonly bitwiseAnd = this.RULE('bitwiseAnd', (): Expression => {
    let left = this.SUBRULE(this.comparison);
    this.MANY(() => {
      this.CONSUME(T.Amper);
      let operator: Operator = '&';
      this.OPTION(() => {
        this.CONSUME(T.Tilde);
        operator = '&~';
      });
      left = { kind: 'binary', operator, left, right: this.SUBRULE1(this.comparison) };
    });
    return left;
  });

  private oneOf(operators: typeof COMPARISONS): Operator {
    return this.OR(
      operators.map(([token, text]) => ({
        ALT: () => {
          this.CONSUME(token);
          return text;
        },
      })),
    );
  }

  private readonly comparison = this.RULE('comparison', (): Expression => {
    let left = this.SUBRULE(this.sum);
    this.OPTION(() => {
      const operator = this.oneOf(COMPARISONS);
      left = { kind: 'binary', operator, left, right: this.SUBRULE1(this.sum) };
    });
    return left;
  });

  private readonly sum = this.RULE('sum', (): Expression => {
    let left = this.SUBRULE(this.product);
    this.MANY(() => {
      const operator = this.oneOf(SUMS);
      left = { kind: 'binary', operator, left, right: this.SUBRULE1(this.product) };
    });
    return left;
  });

  private readonly product = this.RULE('product', (): Expression => {
    let left = this.SUBRULE(this.unary);
    this.MANY(() => {
      const operator = this.oneOf(PRODUCTS);
      left = { kind: 'binary', operator, left, right: this.SUBRULE1(this.unary) };
    });
    return left;
  });

  private readonly unary = this.RULE('unary', (): Expression =>
    this.OR([
      {
        ALT: (): Expression => {
          const at = positionOf(this.CONSUME(T.Star));
          return { kind: 'load', address: this.SUBRULE(this.unary), tag: 'plain', at };
        },
      },
      {
        ALT: (): Expression => {
          this.CONSUME(T.Minus);
          return { kind: 'number', value: -numberOf(this.CONSUME(T.Num)) };
        },
      },
      {
        GATE: () => this.LA(2).tokenType === T.BaseType || this.LA(2).tokenType === T.Struct,
        ALT: (): Expression => {
          this.CONSUME(T.LParen);
          this.SUBRULE(this.type);
          this.CONSUME(T.RParen);
          return this.SUBRULE1(this.unary);
        },
      },
      {
        ALT: (): Expression => {
          this.CONSUME1(T.LParen);
          const inside = this.SUBRULE(this.expression);
          this.CONSUME1(T.RParen);
          return inside;
        },
      },
      { ALT: (): Expression => ({ kind: 'number', value: numberOf(this.CONSUME1(T.Num)) }) },
      { ALT: (): Expression => this.SUBRULE(this.refused) },
      { ALT: (): Expression => this.SUBRULE(this.named) },
    ]),
  );

  private readonly refused = this.RULE('refused', (): never => {
    const token = this.OR([
      { ALT: () => this.CONSUME(T.Bang) },
      { ALT: () => this.CONSUME(T.Amper) },
      { ALT: () => this.CONSUME(T.Tilde) },
    ]);
    return this.ACTION(() => {
      throw new UnsupportedError(`'${token.image}'`, positionOf(token));
    });
  });

  private readonly named = this.RULE('named', (): Expression => {
    const name = this.CONSUME(T.Name);
    let made: Expression = { kind: 'name', name: name.image };
    this.OPTION(() => {
      this.OR([
        {
          ALT: () => {
            const called = this.SUBRULE(this.call, { ARGS: [name] });
            this.ACTION(() => {
              if (!('expression' in called))
                throw new LitmusSyntaxError(
                  positionOf(name),
                  'something with a value',
                  `'${name.image}()', which has none`,
                );
              made = called.expression;
            });
          },
        },
        { ALT: () => this.SUBRULE(this.member) },
      ]);
    });
    return made;
  });

  private readonly locations = this.RULE('locations', (): Place[] => {
    const places: Place[] = [];
    this.CONSUME(T.Locations);
    this.CONSUME(T.LBracket);
    this.MANY(() =>
      this.OR([
        { ALT: () => this.CONSUME(T.Semi) },
        {
          ALT: () => {
            places.push(this.SUBRULE(this.place));
            this.MANY1(() => this.OR1([{ ALT: () => this.CONSUME(T.BaseType) }, { ALT: () => this.CONSUME(T.Star) }]));
          },
        },
      ]),
    );
    this.CONSUME(T.RBracket);
    return places;
  });

  private readonly condition = this.RULE('condition', (): Condition => {
    const quantifier = this.OR([
      {
        ALT: (): Condition['quantifier'] => {
          this.CONSUME(T.Exists);
          return 'exists';
        },
      },
      {
        ALT: (): Condition['quantifier'] => {
          this.CONSUME(T.NotExists);
          return '~exists';
        },
      },
      {
        ALT: (): Condition['quantifier'] => {
          this.CONSUME(T.Forall);
          return 'forall';
        },
      },
    ]);
    return { quantifier, proposition: this.SUBRULE(this.proposition) };
  });

  private readonly proposition = this.RULE('proposition', (): Proposition => {
    let left = this.SUBRULE(this.conjunction);
    this.MANY(() => {
      this.CONSUME(T.Or);
      left = { kind: 'or', left, right: this.SUBRULE1(this.conjunction) };
    });
    return left;
  });

  private readonly conjunction = this.RULE('conjunction', (): Proposition => {
    let left = this.SUBRULE(this.implication);
    this.MANY(() => {
      this.CONSUME(T.And);
      left = { kind: 'and', left, right: this.SUBRULE1(this.implication) };
    });
    return left;
  });

  private readonly implication = this.RULE('implication', (): Proposition => {
    let left = this.SUBRULE(this.atom);
    this.OPTION(() => {
      this.CONSUME(T.Implies);
      left = { kind: 'implies', left, right: this.SUBRULE(this.implication) };
    });
    return left;
  });

  private readonly atom = this.RULE('atom', (): Proposition =>
    this.OR([
      {
        ALT: (): Proposition => {
          this.CONSUME(T.Not);
          return { kind: 'not', of: this.SUBRULE(this.atom) };
        },
      },
      {
        ALT: (): Proposition => {
          this.CONSUME(T.LParen);
          const inside = this.SUBRULE(this.proposition);
          this.CONSUME(T.RParen);
          return inside;
        },
      },
      {
        ALT: (): Proposition => {
          this.CONSUME(T.True);
          return { kind: 'true' };
        },
      },
      {
        ALT: (): Proposition => {
          this.CONSUME(T.False);
          return { kind: 'false' };
        },
      },
      {
        ALT: (): Proposition => {
          const left = this.SUBRULE(this.place);
          let isNegated = false;
          let right: Literal | Place = 1;
          this.OPTION(() => {
            this.OR1([
              { ALT: () => this.CONSUME(T.Equal) },
              { ALT: () => this.CONSUME(T.EqEq) },
              {
                ALT: () => {
                  this.CONSUME(T.NotEq);
                  isNegated = true;
                },
              },
            ]);
            right = this.OR2([
              { GATE: () => this.LA(2).tokenType === T.Colon, ALT: (): Literal | Place => this.SUBRULE(this.register) },
              {
                ALT: (): Literal | Place => {
                  this.CONSUME(T.Star);
                  return this.SUBRULE1(this.place);
                },
              },
              { ALT: (): Literal | Place => this.SUBRULE(this.literal) },
            ]);
          });
          const equal: Proposition = { kind: 'equal', left, right };
          return isNegated ? { kind: 'not', of: equal } : equal;
        },
      },
    ]),
  );

  private readonly place = this.RULE('place', (): Place =>
    this.OR([
      {
        ALT: (): Place => {
          this.CONSUME(T.LBracket);
          const name = this.CONSUME(T.Name).image;
          this.CONSUME(T.RBracket);
          return { kind: 'global', name, index: 0 };
        },
      },
      {
        ALT: (): Place => {
          this.OPTION(() => this.CONSUME(T.Star));
          const name = this.CONSUME1(T.Name).image;
          let index = 0;
          this.OPTION1(() => {
            this.CONSUME1(T.LBracket);
            index = numberOf(this.CONSUME(T.Num));
            this.CONSUME1(T.RBracket);
          });
          return { kind: 'global', name, index };
        },
      },
      { ALT: (): Place => this.SUBRULE(this.register) },
    ]),
  );
}

/** The end of the file, in words. */
export function foundText(token: IToken): string {
  return token.tokenType === EOF ? 'the end of the file' : `'${token.image}'`;
}

function callOf(name: IToken, args: readonly Expression[]): Called {
  const call = KERNEL_CALLS.get(name.image);
  const at = positionOf(name);
  if (call === undefined) throw new UnsupportedError(`${name.image}()`, at);
  if (args.length !== call.parameters)
    throw new LitmusSyntaxError(at, `${call.parameters} arguments of ${name.image}()`, String(args.length));
  if (call.dereferenced === undefined) return call.make(args, at);
  const target = args[call.dereferenced];
  if (target.kind !== 'load' || target.tag !== 'plain')
    throw new LitmusSyntaxError(at, `${name.image}(*x${args.length > 1 ? ', …' : ''})`, 'an argument without a *');
  return call.make(
    args.map((arg, index) => (index === call.dereferenced ? target.address : arg)),
    at,
  );
}

function numberOf(token: IToken): number {
  return Number(token.image || '0');
}

function numberAfterP(token: IToken): number {
  return Number(token.image.slice(1));
}
