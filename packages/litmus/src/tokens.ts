/**
 * The words of a litmus test. The initial state, the program and the condition each have their own, since `(*` starts a
 * comment outside the program only.
 */
import { createToken, Lexer, type IMultiModeLexerDefinition, type TokenType } from 'chevrotain';

const skipped = { group: Lexer.SKIPPED, line_breaks: true };

const Space = createToken({ name: 'Space', pattern: /\s+/, ...skipped });
const LineComment = createToken({ name: 'LineComment', pattern: /\/\/[^\n]*/, group: Lexer.SKIPPED });
const CComment = createToken({ name: 'CComment', pattern: /\/\*[^]*?\*\//, ...skipped });
/** Nested, as herd7 has them. */
const MlComment = createToken({
  name: 'MlComment',
  pattern: { exec: matchMlComment },
  ...skipped,
  start_chars_hint: ['('],
});

function matchMlComment(text: string, offset: number): [string] | null {
  const length = mlCommentLength(text, offset);
  return length === 0 ? null : [text.slice(offset, offset + length)];
}

/** How long the `(* *)` comment at `offset` is, 0 if there is none. An open one goes to the end. */
export function mlCommentLength(text: string, offset: number): number {
  if (!text.startsWith('(*', offset)) return 0;
  let depth = 0;
  let at = offset;
  while (at < text.length)
    if (text.startsWith('(*', at)) {
      depth++;
      at += 2;
    } else if (text.startsWith('*)', at)) {
      depth--;
      at += 2;
      if (depth === 0) return at - offset;
    } else at++;
  return text.length - offset;
}

export const Name = createToken({ name: 'Name', pattern: /[A-Za-z_]\w*/, label: 'a name' });
export const Num = createToken({ name: 'Num', pattern: /0[xX][0-9a-fA-F]+|\d+/, label: 'a number' });

function keyword(text: string): TokenType {
  return createToken({ name: text, pattern: new RegExp(text), longer_alt: Name, label: `'${text}'` });
}

function sign(name: string, text: string): TokenType {
  return createToken({ name, pattern: text, label: `'${text}'` });
}

export const If = keyword('if');
export const Else = keyword('else');
export const While = keyword('while');
export const Struct = keyword('struct');
export const AtomicInit = keyword('ATOMIC_INIT');
/** Types that herd7 knows; in a cast only these are read as types. */
export const BaseType = createToken({
  name: 'BaseType',
  pattern:
    /(?:int|char|long|short|unsigned|signed|void|bool|u8|u16|u32|u64|s8|s16|s32|s64|size_t|u?intptr_t|u?int(?:8|16|32|64)_t|atomic_t|atomic_long_t|spinlock_t|mtx_t|volatile|const)(?!\w)/,
  longer_alt: Name,
  label: 'a type',
});
/** `P` and the number of a thread. */
export const Proc = createToken({ name: 'Proc', pattern: /P\d+(?!\w)/, longer_alt: Name, label: "'P0', 'P1', …" });

export const LParen = sign('LParen', '(');
export const RParen = sign('RParen', ')');
export const LBrace = sign('LBrace', '{');
/** Of the program; the one that closes the initial state is {@link EndOfInit}. */
export const RBrace = sign('RBrace', '}');
export const LBracket = sign('LBracket', '[');
export const RBracket = sign('RBracket', ']');
export const Semi = sign('Semi', ';');
export const Comma = sign('Comma', ',');
export const Colon = sign('Colon', ':');
export const Star = sign('Star', '*');
export const Plus = sign('Plus', '+');
export const Minus = sign('Minus', '-');
export const Slash = sign('Slash', '/');
export const Amper = sign('Amper', '&');
export const Pipe = sign('Pipe', '|');
export const Caret = sign('Caret', '^');
export const Bang = sign('Bang', '!');
export const AndAnd = sign('AndAnd', '&&');
export const OrOr = sign('OrOr', '||');
export const EqEq = sign('EqEq', '==');
export const NotEq = sign('NotEq', '!=');
export const LessEq = sign('LessEq', '<=');
export const GreaterEq = sign('GreaterEq', '>=');
export const Less = sign('Less', '<');
export const Greater = sign('Greater', '>');
export const Equal = sign('Equal', '=');
export const Arrow = sign('Arrow', '->');
export const Dot = sign('Dot', '.');
export const And = sign('And', '/\\');
export const Or = sign('Or', '\\/');
export const Implies = sign('Implies', '=>');
/** Of conditions, where it may be spelled out. */
export const Not = createToken({ name: 'Not', pattern: /~|not(?!\w)/, label: "'~'" });
/** Of expressions. */
export const Tilde = sign('Tilde', '~');

/** Starts the initial state. */
export const StartOfInit = createToken({ name: 'StartOfInit', pattern: '{', label: "'{'", push_mode: 'init' });
export const EndOfInit = createToken({ name: 'EndOfInit', pattern: '}', label: "'}'", push_mode: 'program' });
/** `{ … }` of an array's initial values: no other braces come in an initial state. */
export const OpenList = createToken({ name: 'OpenList', pattern: '{', label: "'{'", push_mode: 'list' });
export const CloseList = createToken({ name: 'CloseList', pattern: '}', label: "'}'", pop_mode: true });

function starter(name: string, pattern: RegExp, text: string): TokenType {
  return createToken({ name, pattern, longer_alt: Name, label: `'${text}'`, push_mode: 'final' });
}
export const Exists = starter('Exists', /exists(?!\w)/, 'exists');
export const NotExists = createToken({
  name: 'NotExists',
  pattern: /~\s*exists(?!\w)/,
  label: "'~exists'",
  line_breaks: true,
  push_mode: 'final',
});
export const Forall = starter('Forall', /forall(?!\w)/, 'forall');
export const Filter = starter('Filter', /filter(?!\w)/, 'filter');
export const Locations = starter('Locations', /locations(?=\s*\[)/, 'locations');
export const True = keyword('true');
export const False = keyword('false');

const STARTERS = [NotExists, Exists, Forall, Filter, Locations];

const definition: IMultiModeLexerDefinition = {
  defaultMode: 'header',
  modes: {
    header: [Space, StartOfInit],
    init: [
      Space,
      LineComment,
      CComment,
      MlComment,
      EndOfInit,
      OpenList,
      AtomicInit,
      Struct,
      BaseType,
      Proc,
      Name,
      Num,
      LParen,
      RParen,
      LBracket,
      RBracket,
      Semi,
      Comma,
      Colon,
      Star,
      Minus,
      Amper,
      Equal,
    ],
    list: [Space, LineComment, CComment, MlComment, CloseList, Name, Num, Minus, Amper, Comma],
    program: [
      Space,
      LineComment,
      CComment,
      ...STARTERS,
      If,
      Else,
      While,
      Struct,
      BaseType,
      Proc,
      Name,
      Num,
      LParen,
      RParen,
      LBrace,
      RBrace,
      LBracket,
      RBracket,
      Semi,
      Comma,
      Arrow,
      Dot,
      Star,
      Plus,
      Minus,
      Slash,
      AndAnd,
      OrOr,
      Amper,
      Pipe,
      Caret,
      EqEq,
      NotEq,
      Bang,
      LessEq,
      GreaterEq,
      Less,
      Greater,
      Equal,
      Tilde,
    ],
    final: [
      Space,
      LineComment,
      CComment,
      MlComment,
      ...STARTERS,
      Not,
      True,
      False,
      BaseType,
      Proc,
      Name,
      Num,
      LParen,
      RParen,
      LBracket,
      RBracket,
      Semi,
      Colon,
      Star,
      Minus,
      Amper,
      And,
      Or,
      Implies,
      EqEq,
      NotEq,
      Equal,
    ],
  },
};

/** Every token, for the parser. */
export const ALL_TOKENS: IMultiModeLexerDefinition = definition;

/** Splits a test into words. */
export const LITMUS_LEXER: Lexer = new Lexer(definition, { positionTracking: 'full', ensureOptimizations: false });
