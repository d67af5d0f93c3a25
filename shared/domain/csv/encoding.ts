import { type Failed, failed } from './failure.ts';

/** The encoding of a file's text, by its name in the WHATWG Encoding Standard. `bom` is the number of bytes before the text. */
export type Encoding = { readonly encoding: string; readonly bom: number };

/** The format of a file by its first bytes: text, gzip (inflate it and ask again), or something that is no CSV. */
export type FileFormat = Encoding | 'gzip' | Failed;

const BINARY = ['504b0304', '504b0506', 'd0cf11e0'];
const UNSUPPORTED = [
  ['28b52ffd', 'zstd'],
  ['fd377a58', 'xz'],
  ['377abcaf', '7z'],
  ['52617221', 'rar'],
  ['425a68', 'bzip2'],
  ['25504446', 'PDF'],
  ['fffe0000', 'UTF-32'],
  ['0000feff', 'UTF-32'],
] as const;

const NOT_A_CSV = 'Is a spreadsheet, a zip archive or another binary file: save it as CSV (UTF-8) and drop that.';

/** The encoding that a label of the WHATWG Encoding Standard names; null when there is no such label, or Node cannot decode it. */
export function encodingNamed(label: string): string | null {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return null;
  }
}

/**
 * The format of a file by its first bytes; 64 of them are enough, more find NUL bytes sooner.
 *
 * @param named the encoding that the import names, which counts where the file does not begin with a BOM; null for none
 */
export function formatOf(head: Uint8Array, named: string | null = null): FileFormat {
  const magic = Buffer.from(head.subarray(0, 4)).toString('hex');
  if (magic.startsWith('1f8b')) return 'gzip';
  if (BINARY.includes(magic)) return failed('binaryFile', NOT_A_CSV);
  const other = UNSUPPORTED.find(([start]) => magic.startsWith(start));
  if (other)
    return failed('unsupportedFile', `Is a ${other[1]} file: only CSV as UTF-8 or UTF-16, plain or gzip, is read.`);
  if (magic.startsWith('fffe')) return { encoding: 'utf-16le', bom: 2 };
  if (magic.startsWith('feff')) return { encoding: 'utf-16be', bom: 2 };
  if (magic.startsWith('efbbbf')) return { encoding: 'utf-8', bom: 3 };
  const encoding = (named === null ? null : encodingNamed(named)) ?? 'utf-8';
  if (head.includes(0) && !encoding.startsWith('utf-16')) return failed('binaryFile', NOT_A_CSV);
  return { encoding, bom: 0 };
}

/** Turns text, without its BOM, into UTF-8 chunk by chunk; `last` with the final chunk. */
export type Transcoder = (chunk: Uint8Array, last: boolean) => Uint8Array | Failed;

/** A transcoder to UTF-8; bytes that are UTF-8 already pass as they are. */
export function transcoder({ encoding }: Encoding): Transcoder {
  if (encoding === 'utf-8') return (chunk) => chunk;
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const encoder = new TextEncoder();
  let line = 1;
  return (chunk, last) => {
    try {
      // Always as a stream: Node 24.9 decodes windows-1252 wrongly in one call.
      const text = decoder.decode(chunk, { stream: true }) + (last ? decoder.decode() : '');
      const bytes = encoder.encode(text);
      line += newlines(bytes);
      return bytes;
    } catch {
      const detail = `Is not ${encoding} near line ${line}: save it as CSV (UTF-8), or send the option encoding with its real one.`;
      return failed('notUtf8', detail, line);
    }
  };
}

/** Proves that bytes are UTF-8 text without NUL, chunk by chunk; null as long as they are. */
export type TextProof = (chunk: Uint8Array, last: boolean) => Failed | null;

/** A proof that begins on a physical line, from which a failure counts its own. */
export function textProof(line = 1): TextProof {
  let rest = Buffer.alloc(0);
  let at = line;
  return (chunk, last) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const whole = bytes.subarray(0, last ? bytes.length : wholeLength(bytes));
    const nul = whole.indexOf(0);
    if (nul >= 0) return binary(at + newlines(whole.subarray(0, nul)));
    if (!isUtf8(whole)) return notUtf8(at + newlinesBeforeBadLine(whole));
    at += newlines(whole);
    rest = Buffer.from(bytes.subarray(whole.length));
    return null;
  };
}

function binary(line: number): Failed {
  return failed('binaryFile', `Holds a NUL byte on line ${line}. ${NOT_A_CSV}`, line);
}

function notUtf8(line: number): Failed {
  return failed(
    'notUtf8',
    `Is not UTF-8 on line ${line}: save it as CSV (UTF-8), or send the option encoding, such as windows-1252.`,
    line,
  );
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The number of bytes before a character or CR LF that only the next chunk completes. */
function wholeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0 || byte === 0x0d) return lengthOf(byte) > back ? bytes.length - back : bytes.length;
    if (byte < 0x80) return bytes.length;
  }
  return bytes.length;
}

/** The length of what a byte begins: of a character in UTF-8, or of CR LF. */
function lengthOf(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

function newlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 0x0a || (byte === 0x0d && bytes[at + 1] !== 0x0a)) count += 1;
  }
  return count;
}

function newlinesBeforeBadLine(bytes: Uint8Array): number {
  const lines = Buffer.from(bytes)
    .toString('latin1')
    .split(/\r\n?|\n/);
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
}
