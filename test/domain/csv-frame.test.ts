import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { formatOf, textProof, transcoder } from '../../shared/domain/csv/encoding.ts';
import { frameOf } from '../../shared/domain/csv/frame.ts';

const frame = (text: string | Buffer, isWhole = true) => frameOf(Buffer.from(text), isWhole);
const failure = (result: unknown) =>
  typeof result === 'object' && result !== null && 'failure' in result ? result.failure : result;

describe('a file', () => {
  it.each([
    ['UTF-8', Buffer.from('a,b'), { encoding: 'utf-8', bom: 0 }],
    ['UTF-8 with BOM', Buffer.from('\ufeffa,b'), { encoding: 'utf-8', bom: 3 }],
    ['UTF-16 LE', Buffer.from('\ufeffa,b', 'utf16le'), { encoding: 'utf-16le', bom: 2 }],
    ['UTF-16 BE', Buffer.from('\ufeffa,b', 'utf16le').swap16(), { encoding: 'utf-16be', bom: 2 }],
    ['gzip', gzipSync('a,b'), 'gzip'],
  ])('is known as %s by its first bytes', (_, bytes, kind) => expect(formatOf(bytes)).toEqual(kind));

  it.each([
    ['a workbook', 'PK\u0003\u0004\u0014'],
    ['NUL bytes', 'a,b\n1,\0\n'],
  ])('with %s is binary', (_, text) =>
    expect(failure(formatOf(Buffer.from(text)))).toMatchObject({ code: 'binaryFile' }),
  );

  it('that is an old workbook is binary', () => {
    expect(failure(formatOf(Buffer.from('d0cf11e0a1b11ae1', 'hex')))).toMatchObject({ code: 'binaryFile' });
  });

  it('that is packed otherwise, or a PDF, is unsupported', () => {
    expect(failure(formatOf(Buffer.from('28b52ffd', 'hex')))).toMatchObject({ code: 'unsupportedFile' });
    expect(failure(formatOf(Buffer.from('%PDF-1.7')))).toMatchObject({ code: 'unsupportedFile' });
  });

  it('in UTF-16 becomes UTF-8, wherever its chunks end', () => {
    const bytes = Buffer.from('é,😀\r\n健', 'utf16le');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const pass = transcoder({ encoding: 'utf-16le', bom: 2 });
      const parts = [pass(bytes.subarray(0, cut), false), pass(bytes.subarray(cut), true)];
      const text = parts.map((part) => ('failure' in part ? '!' : Buffer.from(part).toString('utf8'))).join('');
      expect(text).toBe('é,😀\r\n健');
    }
  });

  it.each([
    ['windows-1252', [0x4a, 0x6f, 0x73, 0xe9, 0x80], 'José€'],
    ['iso-8859-2', [0xb1, 0xb3], 'ął'],
    ['shift_jis', [0x8c, 0x92, 0x0a, 0x61], '健\na'],
    ['gb18030', [0xbd, 0xa1], '健'],
    ['utf-16le', [0x61, 0x00, 0xe9, 0x00], 'aé'],
  ])('in %s, which an option names, becomes UTF-8 wherever the chunks end', (label, given, text) => {
    const bytes = Buffer.from(given);
    const format = formatOf(bytes, label);
    expect(format).toEqual({ encoding: label, bom: 0 });
    if (format === 'gzip' || 'failure' in format) return;
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const pass = transcoder(format);
      const parts = [pass(bytes.subarray(0, cut), false), pass(bytes.subarray(cut), true)];
      expect(Buffer.concat(parts.map((part) => ('failure' in part ? Buffer.from('!') : part))).toString()).toBe(text);
    }
  });

  it('with a BOM is what that says, whatever an option names', () => {
    expect(formatOf(Buffer.from('\ufeffa'), 'windows-1252')).toEqual({ encoding: 'utf-8', bom: 3 });
    expect(formatOf(Buffer.from('\ufeffa', 'utf16le'), 'windows-1252')).toEqual({ encoding: 'utf-16le', bom: 2 });
  });

  it('that is not in the encoding that an option names fails on its line', () => {
    const found = failure(transcoder({ encoding: 'shift_jis', bom: 0 })(Buffer.from([0x61, 0x0a, 0x81]), true));
    expect(found).toMatchObject({ code: 'notUtf8', detail: expect.stringContaining('shift_jis') });
  });

  it('that only begins like UTF-16 is not text', () => {
    const pass = transcoder({ encoding: 'utf-16le', bom: 2 });
    expect(failure(pass(Buffer.from([0x61, 0x00, 0x00, 0xd8]), true))).toMatchObject({ code: 'notUtf8' });
  });
});

describe('the proof of the encoding', () => {
  it('names the physical line of a byte that is not UTF-8, wherever the chunks end', () => {
    const bytes = Buffer.concat([Buffer.from('a,é\r\n健,"x\ry"\nz,'), Buffer.from([0xe9, 0x0a, 0x61])]);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const prove = textProof(2);
      const found = prove(bytes.subarray(0, cut), false) ?? prove(bytes.subarray(cut), true);
      expect(failure(found)).toMatchObject({ code: 'notUtf8', line: 5 });
    }
  });
  it('passes text, and finds a character that the end cuts off', () => {
    const bytes = Buffer.from('é😀\r\n健');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const prove = textProof();
      expect([prove(bytes.subarray(0, cut), false), prove(bytes.subarray(cut), true)]).toEqual([null, null]);
    }
    expect(failure(textProof()(bytes.subarray(0, -1), true))).toMatchObject({ code: 'notUtf8', line: 2 });
  });
  it('finds NUL', () => {
    expect(failure(textProof()(Buffer.from('a\nb\0'), true))).toMatchObject({ code: 'binaryFile', line: 2 });
  });
});

describe('the delimiter', () => {
  it.each([
    [',', 'a,b\n1,2\n'],
    [';', 'name;price\nx;1,5\ny;2,5\n'],
    ['\t', 'a\tb\n1\t2\n'],
    ['|', 'a|b\n1|2\n'],
    ['', 'email\na@example.com\n'],
    ['', 'comment\nhello, world\nplain\n'],
    [',', 'userId,email\nu1,a@example.com\nu2\nu3,b,c\n'],
    [',', 'a,tags\n1,"x;y;z"\n2,x;y\n3,\n'],
    [';', 'a;"b,c,d"\n1;"x,y"\n'],
    [';', 'sep=;\na,b;c\n1,5;2\n'],
    [':', 'SEP=:\r\na:b\r\n1:2\r\n'],
    ['\t', '"sep=\t"\na\tb,c\n1\t2\n'],
  ])('is %j in %j', (delimiter, text) => expect(frame(text)).toMatchObject({ delimiter }));
});

describe('the header', () => {
  it('is the first line that is not blank, behind a line sep=; lines are those of the file', () => {
    expect(frame('a,b\n1,2\n')).toMatchObject({ header: ['a', 'b'], from: 4, line: 2 });
    expect(frame('sep=;\r\n\r\na;b\r\n1;2\r\n')).toMatchObject({
      header: ['a', 'b'],
      from: 14,
      headerLine: 3,
      line: 4,
    });
    expect(frame('"a\nb",c\n1,2\n')).toMatchObject({ header: ['a\nb', 'c'], from: 8, line: 3 });
  });
  it('loses white space, formula escapes and blank cells at its end', () => {
    expect(frame(" a ,'-b,,\u00a0,\n1,2,,,\n")).toMatchObject({ header: ['a', '-b'] });
  });
  it('keeps blank cells over values, wherever they stand', () => {
    expect(frame('a,,b,,\n1,,2,,\n')).toMatchObject({ header: ['a', '', 'b'] });
    expect(frame('a,,b,,\n1,,2,3,\n')).toMatchObject({ header: ['a', '', 'b', ''] });
  });
  it('stands on the line that the option names', () => {
    const text = 'Members 2026\n"made by, us"\n\na,b\n1,2\n';
    expect(frameOf(Buffer.from(text), true, 4)).toMatchObject({ header: ['a', 'b'], headerLine: 4, line: 5, from: 32 });
    expect(frameOf(Buffer.from(text), true, 3)).toMatchObject({ header: ['a', 'b'], headerLine: 4, line: 5 });
    expect(frameOf(Buffer.from('x\r\ny\ra;b\r1;2'), true, 3)).toMatchObject({ header: ['a', 'b'], delimiter: ';' });
    expect(frameOf(Buffer.from('sep=|\na|b\n1|2'), true, 2)).toMatchObject({ header: ['a', 'b'], headerLine: 2 });
    expect(failure(frameOf(Buffer.from(text), true, 6))).toMatchObject({ code: 'invalidOption' });
  });
  it('comes with the first hundred rows', () => {
    const result = frame(`a,b\n${'1,2\n'.repeat(150)}`, false);
    expect('sample' in result && result.sample).toHaveLength(100);
  });
  it.each([
    ['emptyFile', ''],
    ['emptyFile', '\n  \n\u00a0\n'],
    ['noRows', 'a,b\n'],
    ['noRows', 'a,b\n,\n'],
    ['notUtf8', Buffer.from('Prénom,email\nZoë,z@example.com\n', 'latin1')],
    ['unsupportedFile', 'a,"b\n1,2\n'],
    ['unsupportedFile', '<html><body>Sign in</body></html>\n'],
    ['unsupportedFile', '\n <!DOCTYPE html>\n<p>'],
    ['unsupportedFile', '<?xml version="1.0"?><users/>'],
    ['unsupportedFile', '<users><user/></users>'],
    ['unsupportedFile', '{"users": []}'],
    ['unsupportedFile', '[{"email":"a@example.com"}]'],
    ['unsupportedFile', '{\n  "email": 1\n}'],
    ['tooManyColumns', `${Array.from({ length: 301 }, (_, i) => `c${i}`).join(',')}\n1\n`],
  ])('fails with %s', (code, text) => expect(failure(frame(text))).toMatchObject({ code }));
  it.each([
    ['HTML', '<html></html>'],
    ['XML', '<?xml version="1.0"?>'],
    ['JSON', '[{"a":1}]'],
  ])('that is %s is called that', (name, text) =>
    expect(failure(frame(text))).toMatchObject({ detail: expect.stringContaining(name) }),
  );
  it.each(['[id],[email]\n1,a@example.com\n', '<email>,<name>\na@example.com,Ann\n', '{id},{email}\n1,2\n'])(
    'may have brackets: %j is a CSV',
    (text) => expect(frame(text)).toMatchObject({ delimiter: ',' }),
  );
  it('may have 300 columns', () => {
    const names = Array.from({ length: 300 }, (_, i) => `c${i}`).join(',');
    expect(frame(`${names}\n${names}\n`)).toHaveProperty('header.length', 300);
  });
});
