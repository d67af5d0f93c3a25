import { Fault } from '../errors.ts';
import { fold } from './fold.ts';
import { isLongerThan, normalText, TEXT_LIMIT, tooLong } from './text.ts';

const LIST_LIMIT = 100;
const TAG_LIMIT = 64;
const COMPANY_LIMIT = 128;
const COMPANIES_LIMIT = 20;

/** What one kind of list asks of its elements. */
type Kind = {
  readonly most: number;
  /** What two elements that count as one have in common. */
  readonly same: (text: string) => string;
  readonly check: (text: string) => Fault | null;
};

const WRONG_TYPE = new Fault('wrongType', 'Must be an array of strings.');
const invalidTag = new Fault('invalidTag', 'A tag has 1 to 64 characters and neither comma nor semicolon.');
const invalidCompany = new Fault(
  'invalidCharacter',
  'The id of a company has 1 to 128 characters and none of comma, semicolon and slash.',
);

const LIST: Kind = {
  most: LIST_LIMIT,
  same: (text) => text,
  check: (text) => (isLongerThan(text, TEXT_LIMIT) ? tooLong(TEXT_LIMIT) : null),
};
const TAGS: Kind = {
  most: LIST_LIMIT,
  same: fold,
  check: (text) => {
    if (isLongerThan(text, TAG_LIMIT)) return tooLong(TAG_LIMIT);
    return text === '' || /[,;]/.test(text) ? invalidTag : null;
  },
};
const COMPANIES: Kind = {
  most: COMPANIES_LIMIT,
  same: (text) => text,
  check: (text) => {
    if (isLongerThan(text, COMPANY_LIMIT)) return tooLong(COMPANY_LIMIT);
    return text === '' || /[,;/]/.test(text) ? invalidCompany : null;
  },
};

/** A `list` in JSON: texts in order, blank ones let go, one that stands there already let go too. */
export function readList(raw: unknown): readonly string[] | Fault {
  const texts = textsOf(raw);
  return texts instanceof Fault ? texts : collect(withoutBlanks(texts), LIST);
}

/** A `list` in a cell: `;` between its texts, `\;` and `\\` for the characters themselves. The cell's text is normal. */
export function readListCell(text: string): readonly string[] | Fault {
  const texts = normalTexts(text.includes('\\') ? splitEscaped(text) : text.split(';'));
  return texts instanceof Fault ? texts : collect(withoutBlanks(texts), LIST);
}

/** A `list` as one cell. */
export function writeList(values: readonly string[]): string {
  return values.map((value) => (/[;\\]/.test(value) ? value.replace(/[;\\]/g, '\\$&') : value)).join(';');
}

/** Tags or companies as one cell: none of them holds the sign that parts them. */
export function writeTags(values: readonly string[]): string {
  return values.join(';');
}

/** Tags in JSON: the first spelling of each, where two that fold alike are one. */
export function readTags(raw: unknown): readonly string[] | Fault {
  const texts = textsOf(raw);
  return texts instanceof Fault ? texts : collect(texts, TAGS);
}

/** Tags in a cell, `;` or `,` between them. The cell's text is normal. */
export function readTagsCell(text: string): readonly string[] | Fault {
  return readCell(text, TAGS);
}

/** Ids of companies in JSON, each once. */
export function readCompanies(raw: unknown): readonly string[] | Fault {
  const texts = textsOf(raw);
  return texts instanceof Fault ? texts : collect(texts, COMPANIES);
}

/** Ids of companies in a cell, `;` or `,` between them. The cell's text is normal. */
export function readCompaniesCell(text: string): readonly string[] | Fault {
  return readCell(text, COMPANIES);
}

function readCell(text: string, kind: Kind): readonly string[] | Fault {
  const texts = normalTexts(text.split(/[,;]/));
  return texts instanceof Fault ? texts : collect(withoutBlanks(texts), kind);
}

function textsOf(raw: unknown): string[] | Fault {
  if (!Array.isArray(raw)) return WRONG_TYPE;
  const strings = raw.filter((item) => typeof item === 'string');
  return strings.length < raw.length ? WRONG_TYPE : normalTexts(strings);
}

function normalTexts(raw: readonly string[]): string[] | Fault {
  const texts: string[] = [];
  for (const item of raw) {
    const text = normalText(item);
    if (text instanceof Fault) return text;
    texts.push(text);
  }
  return texts;
}

function withoutBlanks(texts: readonly string[]): readonly string[] {
  return texts.includes('') ? texts.filter((text) => text !== '') : texts;
}

function collect(texts: readonly string[], kind: Kind): readonly string[] | Fault {
  const seen = new Set<string>();
  const values: string[] = [];
  for (const text of texts) {
    const fault = kind.check(text);
    if (fault) return fault;
    const same = kind.same(text);
    if (seen.has(same)) continue;
    seen.add(same);
    values.push(text);
  }
  return values.length > kind.most ? new Fault('tooMany', `Has more than ${kind.most} elements.`) : values;
}

/** Cuts at each `;` that no backslash stands before; a backslash before anything but `;` and `\` is a character. */
function splitEscaped(text: string): string[] {
  const texts = [''];
  for (const [token] of text.matchAll(/\\[;\\]|;|[^;\\]+|\\/g)) {
    if (token === ';') texts.push('');
    else texts[texts.length - 1] += token.length === 2 && token.startsWith('\\') ? token.slice(1) : token;
  }
  return texts;
}
