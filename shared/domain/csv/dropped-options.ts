import { type PlacedFault, Problem } from '../errors.ts';
import { readJson } from '../json-input.ts';
import { membersOf } from '../report.ts';
import { faultsOf } from '../schema-faults.ts';
import { GivenOptions, type ImportOptions, importOptionFields, understood } from './options.ts';

/** Names are repeated up to this length, in characters: people write them, and they may be anything. */
const LONGEST_NAME = 60;

/** A name as it is shown in a sentence; a blank one in quotes, or nobody would see it. */
export function named(name: string): string {
  if (name.trim() === '') return `"${name}"`;
  const characters = [...name];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME).join('')}…` : name;
}

/**
 * The options of a dropped file, with the default where a value cannot be followed; the names given with it that are none
 * of ours; and a sentence for all that is wrong.
 */
export type DroppedOptions = {
  readonly options: ImportOptions;
  readonly unknown: readonly string[];
  readonly faults: readonly string[];
};

/** Some options as they were given, by name, and a sentence for each fault in their JSON. */
type Given = { readonly values: ReadonlyMap<string, unknown>; readonly faults: readonly string[] };

const NONE: Given = { values: new Map(), faults: [] };
const FILE = 'The .options.json beside the file';

/**
 * The options that came with a dropped file: its S3 metadata (names without `x-amz-meta-`, in kebab case) and the bytes
 * of the `.options.json` beside it, null when there is none. Metadata wins.
 */
export function optionsOfDrop(metadata: Readonly<Record<string, string>>, file: Uint8Array | null): DroppedOptions {
  const beside = file === null ? NONE : inFile(file);
  const own = inMetadata(metadata);
  const given = Object.fromEntries([...beside.values, ...own.values]);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(importOptionFields, name));
  const known = without(given, unknown);
  const { error } = GivenOptions.safeParse(known);
  const wrong = error?.issues.map(({ path: [option] }) => String(option)) ?? [];
  return {
    options: understood(GivenOptions.parse(without(given, [...unknown, ...wrong]))),
    unknown,
    faults: [
      ...beside.faults,
      ...own.faults,
      ...(error ? faultsOf(error, known, 'body') : []).map((fault) => sentenceOf(fault)),
    ],
  };
}

/** `Option mapping/Terms/type: Must be text, … or url.` */
function sentenceOf(fault: PlacedFault, base = ''): string {
  const steps = 'pointer' in fault ? (base + fault.pointer).split('/').slice(1) : [];
  const path = steps.map((step) => named(step.replaceAll('~1', '/').replaceAll('~0', '~'))).join('/');
  return `Option ${path}: ${fault.detail}`;
}

/** Reads JSON as bodies are read; the faults say when it is none, or nests too deep. `base` points to it in the options. */
function jsonOf(
  bytes: Uint8Array,
  what: string,
  base = '',
): { readonly input: unknown; readonly faults: readonly string[] } {
  try {
    const { input, faults } = readJson(bytes);
    return { input, faults: faults.map((fault) => sentenceOf(fault, base)) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const reason = error.code === 'malformedJson' ? 'is not JSON in UTF-8.' : 'nests too deep.';
    return { input: undefined, faults: [`${what} ${reason}`] };
  }
}

function inFile(bytes: Uint8Array): Given {
  const { input, faults } = jsonOf(bytes, FILE);
  if (input === undefined) return { ...NONE, faults };
  const values = membersOf(input);
  return values ? { values, faults } : { ...NONE, faults: [`${FILE} is not a JSON object.`] };
}

function inMetadata(metadata: Readonly<Record<string, string>>): Given {
  const values = new Map<string, unknown>();
  const faults: string[] = [];
  for (const [header, raw] of Object.entries(metadata)) {
    const name = camelCase(header);
    const text = raw.trim();
    if (text === '') continue;
    const json = name === 'mapping' ? jsonOf(Buffer.from(text), 'Option mapping', '/mapping') : null;
    faults.push(...(json?.faults ?? []));
    if (!json) values.set(name, meaningOf(name, text));
    else if (json.input !== undefined) values.set(name, json.input);
  }
  return { values, faults };
}

function without(given: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  const out = new Set(names);
  return Object.fromEntries(Object.entries(given).filter(([name]) => !out.has(name)));
}

/** The value of an option in metadata; a text without a meaning stays a text, which the schema refuses. */
function meaningOf(name: string, text: string): unknown {
  switch (name) {
    case 'dryRun':
      return text === 'true' || (text === 'false' ? false : text);
    case 'headerLine':
      return /^\d{1,2}$/.test(text) ? Number(text) : text;
    case 'addTags':
      return parts(text, ';');
    case 'notify':
      return parts(text, ',');
    default:
      return text;
  }
}

function parts(text: string, sign: string): string[] {
  const all = text.split(sign).map((part) => part.trim());
  return all.filter((part) => part !== '');
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
