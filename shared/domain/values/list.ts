import { Fault } from '../errors.ts';
import { trimmed } from './characters.ts';
import { fold } from './fold.ts';
import { isLongerThan, normalText, TEXT_LIMIT, tooLong } from './text.ts';

const LIST_LIMIT = 100;
const TAG_LIMIT = 64;
const COMPANY_LIMIT = 128;
const COMPANIES_LIMIT = 20;

/** The rules for the elements of a list, of tags or of companies. */
type ElementRules = {
  readonly most: number;
  /** Two elements with the same result count as one. */
  readonly same: (text: string) => string;
  readonly check: (text: string) => Fault | null;
};

const WRONG_TYPE = new Fault('wrongType', 'Must be an array of strings.');
const invalidTag = new Fault('invalidTag', 'A tag has 1 to 64 characters, and none of comma, semicolon and quote (").');
const invalidCompany = new Fault(
  'invalidCharacter',
  'The id of a company has 1 to 128 characters, and none of comma, semicolon and slash. In a cell, ; stands between ids.',
);
const JSON_ARRAY = 'Is an array in JSON: in a cell, ; stands between the elements, without brackets and quotes.';

const LIST: ElementRules = {
  most: LIST_LIMIT,
  same: (text) => text,
  check: (text) => (isLongerThan(text, TEXT_LIMIT) ? tooLong(TEXT_LIMIT) : null),
};
const TAGS: ElementRules = {
  most: LIST_LIMIT,
  same: fold,
  check: (text) => {
    if (isLongerThan(text, TAG_LIMIT)) return tooLong(TAG_LIMIT);
    return text === '' || /[,;"]/.test(text) ? invalidTag : null;
  },
};
const COMPANIES: ElementRules = {
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

/**
 * A `list` in a cell: `;` between its texts, `\;` and `\\` for the characters themselves. Null when it has none. The cell's
 * text is normal.
 */
export function readListCell(text: string): readonly string[] | null | Fault {
  if (isJsonArray(text)) return new Fault('wrongType', JSON_ARRAY);
  const texts = normalTexts(text.includes('\\') ? splitEscaped(text) : text.split(';'));
  if (texts instanceof Fault) return texts;
  const values = collect(withoutBlanks(texts), LIST);
  return values instanceof Fault || values.length > 0 ? values : null;
}

/** A `list` as one cell. */
export function writeList(values: readonly string[]): string {
  return joined(values.map((value) => (/[;\\]/.test(value) ? value.replace(/[;\\]/g, '\\$&') : value)));
}

/** Tags or companies as one cell: none of them holds the sign that parts them. */
export function writeTags(values: readonly string[]): string {
  return joined(values);
}

/** One element may look like an array in JSON: a `;` behind it keeps it from being taken for that. */
function joined(elements: readonly string[]): string {
  const cell = elements.join(';');
  return isJsonArray(cell) ? `${cell};` : cell;
}

function isJsonArray(text: string): boolean {
  if (!text.startsWith('[') || !text.endsWith(']')) return false;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length > 0;
  } catch {
    return false;
  }
}

/** Tags in JSON: the first spelling of each, where two that fold alike are one. */
export function readTags(raw: unknown): readonly string[] | Fault {
  const texts = textsOf(raw);
  return texts instanceof Fault ? texts : collect(texts, TAGS);
}

/** Tags in a cell, `;` or `,` between them; quotes around one are taken off. The cell's text is normal. */
export function readTagsCell(text: string): readonly string[] | Fault {
  if (isJsonArray(text)) return new Fault('invalidTag', JSON_ARRAY);
  const texts = normalTexts(text.split(/[,;]/));
  return texts instanceof Fault ? texts : collect(withoutBlanks(texts.map(withoutQuotes)), TAGS);
}

/** Ids of companies in JSON, each once. */
export function readCompanies(raw: unknown): readonly string[] | Fault {
  const texts = textsOf(raw);
  return texts instanceof Fault ? texts : collect(texts, COMPANIES);
}

/** Ids of companies in a cell, `;` between them. The cell's text is normal. */
export function readCompaniesCell(text: string): readonly string[] | Fault {
  if (isJsonArray(text)) return new Fault('invalidCharacter', JSON_ARRAY);
  const texts = normalTexts(text.split(';'));
  return texts instanceof Fault ? texts : collect(withoutBlanks(texts), COMPANIES);
}

function withoutQuotes(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? trimmed(text.slice(1, -1)) : text;
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

function collect(texts: readonly string[], rules: ElementRules): readonly string[] | Fault {
  const seen = new Set<string>();
  const values: string[] = [];
  for (const text of texts) {
    const fault = rules.check(text);
    if (fault) return fault;
    const same = rules.same(text);
    if (seen.has(same)) continue;
    seen.add(same);
    values.push(text);
  }
  return values.length > rules.most ? new Fault('tooMany', `Has more than ${rules.most} elements.`) : values;
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
