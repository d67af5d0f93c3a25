import { type Failed, failed } from './failure.ts';

/** How the text of a file is encoded. `bom` is the number of bytes before it. */
export type Encoding = { readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be'; readonly bom: number };

/** What the first bytes of a file say: text, gzip (inflate it and ask again), or something that is no CSV. */
export type Kind = Encoding | 'gzip' | Failed;

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

/** What a file is, by its first bytes; 64 of them are enough, more find NUL bytes sooner. */
export function kindOf(head: Uint8Array): Kind {
  const magic = Buffer.from(head.subarray(0, 4)).toString('hex');
  if (magic.startsWith('1f8b')) return 'gzip';
  if (BINARY.includes(magic)) return failed('binaryFile', NOT_A_CSV);
  const other = UNSUPPORTED.find(([start]) => magic.startsWith(start));
  if (other)
    return failed('unsupportedFile', `Is a ${other[1]} file: only CSV as UTF-8 or UTF-16, plain or gzip, is read.`);
  if (magic.startsWith('fffe')) return { encoding: 'utf-16le', bom: 2 };
  if (magic.startsWith('feff')) return { encoding: 'utf-16be', bom: 2 };
  if (head.includes(0)) return failed('binaryFile', NOT_A_CSV);
  return { encoding: 'utf-8', bom: magic.startsWith('efbbbf') ? 3 : 0 };
}

/** Turns UTF-16, without its BOM, into UTF-8 chunk by chunk; `last` with the final chunk. */
export type Transcoder = (chunk: Uint8Array, last: boolean) => Uint8Array | Failed;

/** A transcoder to UTF-8; bytes that are UTF-8 already pass as they are. */
export function transcoder({ encoding }: Encoding): Transcoder {
  if (encoding === 'utf-8') return (chunk) => chunk;
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const encoder = new TextEncoder();
  return (chunk, last) => {
    try {
      return encoder.encode(decoder.decode(chunk, { stream: !last }));
    } catch {
      return failed('notUtf8', 'Begins like UTF-16 and is not: save it as CSV (UTF-8).');
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
  return failed('notUtf8', `Is not UTF-8 on line ${line}: save it as CSV (UTF-8).`, line);
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

/** How many bytes there are up to what the next chunk may complete: a character of up to four bytes, or CR LF. */
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
