import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users/users.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { countsOf, downloadOf, imported, startImports } from '../support/jobs/import-run.ts';

let bucket: Bucket;
let around: Awaited<ReturnType<typeof startImports>>;

beforeAll(async () => {
  around = await startImports();
  ({ bucket } = around);
});
afterAll(() => around.stop());

const latin1 = Buffer.from('email,firstName\na@example.com,Zo\xeb\n', 'latin1');
const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const wide = Array.from({ length: 301 }, (_, n) => `c${n}`).join(',');

test.each([
  ['an empty file', '', 'emptyFile', {}],
  ['a header alone', 'email,firstName\n', 'noRows', {}],
  ['a header twice', 'email,First Name,FIRST NAME \na@example.com,,\n', 'duplicateHeader', {}],
  ['a web page', '<html><body>Sign in</body></html>\n', 'unsupportedFile', {}],
  ['a header on no line', 'email\na@example.com\n', 'invalidOption', { 'header-line': '9' }],
  ['an encoding that is none', 'email\na@example.com\n', 'invalidOption', { encoding: 'utf-99' }],
  ['a header that is blank', 'email,,plan\na@example.com,x,y\n', 'emptyHeader', {}],
  ['a header that touches the prototype', 'email,__proto__\na@example.com,x\n', 'forbiddenHeader', {}],
  ['no column that identifies', 'firstName,lastName\nAda,Lovelace\n', 'noIdentifierColumn', {}],
  ['a column too many', `email,${wide}\na@example.com${',x'.repeat(301)}\n`, 'tooManyColumns', {}],
  ['Latin-1', latin1, 'notUtf8', {}],
  ['NUL bytes', 'email,firstName\na@example.com,A\0da\n', 'binaryFile', {}],
  ['a spreadsheet', Buffer.from('504b030414000600080000002100', 'hex'), 'binaryFile', {}],
  ['a gzip cut short', gzipSync('email\na@example.com\n').subarray(0, 25), 'unsupportedFile', {}],
  [
    'a column that nobody knows, where that fails',
    'email,shoeSize\na@example.com,9\n',
    'unknownColumn',
    { 'unknown-columns': 'fail' },
  ],
  ['an option with a value that is none', 'email\na@example.com\n', 'invalidOption', { 'on-conflict': 'destroy' }],
  ['an option that is not served', 'email\na@example.com\n', 'invalidOption', { 'dry-run': 'true' }],
  ['a recipient who may get no mail', 'email\na@example.com\n', 'invalidOption', { notify: 'eve@evil.test' }],
])('%s fails the file as %s', async (_name, body, code, metadata) => {
  const before = await schemas.fresh('user', Date.now());
  const told = (await around.mails()).length;
  const job = await imported(bucket, body, { metadata });
  expect(job).toMatchObject({ status: 'failed', failure: { code }, counts: { rows: 0 }, downloads: [] });
  expect(job.failure?.detail).toMatch(/\w{3}.*\.$/);
  expect(await users.byIdentifier({ field: 'email', value: 'a@example.com' })).toBeNull();
  expect((await schemas.fresh('user', Date.now())).properties.size).toBe(before.properties.size);
  expect(await around.mails()).toHaveLength(told + 1);
});

test('a character that is not UTF-8 is found on its line, however far into the file', async () => {
  const rows = Array.from({ length: 90_000 }, (_, n) => `user${n}@example.com,Ada\n`).join('');
  const job = await imported(bucket, Buffer.concat([Buffer.from(`email,firstName\n${rows}`), latin1]));
  expect(job.failure).toMatchObject({ code: 'notUtf8', line: 90_003 });
});

let people = 0;
const person = () => {
  people += 1;
  return `frame${people}@example.com`;
};

test.each<[string, (a: string, b: string) => string | Uint8Array]>([
  ['UTF-16', (a, b) => utf16(`email,firstName\n${a},Zoë\n${b},健\n`)],
  ['a BOM', (a, b) => `\ufeffemail,firstName\r\n${a},Zoë\r\n${b},健\r\n`],
  ['sep=;', (a, b) => `sep=;\nemail;firstName\n${a};Zoë\n${b};健\n`],
  ['tabs', (a, b) => `email\tfirstName\n${a}\tZoë\n${b}\t健\n`],
  ['semicolons', (a, b) => `email;firstName\n${a};Zoë\n${b};健`],
  ['mixed newlines', (a, b) => `email,firstName\r\n${a},Zoë\r${b},健\n`],
  ['gzip', (a, b) => gzipSync(`email,firstName\n${a},Zoë\n${b},健\n`)],
  ['gzip of UTF-16', (a, b) => gzipSync(utf16(`email,firstName\n${a},Zoë\n${b},健\n`))],
])('a file with %s is read right', async (_name, file) => {
  const [a, b] = [person(), person()];
  const job = await imported(bucket, file(a, b));
  expect(countsOf(job)).toEqual({ rows: 2, imported: 2 });
  const names = await Promise.all([a, b].map((value) => users.byIdentifier({ field: 'email', value })));
  expect(names.map((one) => one?.properties.firstName)).toEqual(['Zoë', '健']);
});

test('a file in the encoding that the option names is read right, and a BOM wins over it', async () => {
  const [a, b] = [person(), person()];
  const text = `Members of 2026\nemail;firstName\n${a};Zo\xeb €\n`;
  const windows = Buffer.from(text.replace('€', '\x80'), 'latin1');
  const metadata = { encoding: 'windows-1252', 'header-line': '2' };
  expect(countsOf(await imported(bucket, windows, { metadata }))).toEqual({ rows: 1, imported: 1 });
  expect(countsOf(await imported(bucket, gzipSync(windows), { metadata }))).toEqual({ rows: 1, unchanged: 1 });
  const marked = Buffer.from(`\ufeffMembers of 2026\nemail;firstName\n${b};健\n`);
  expect(countsOf(await imported(bucket, marked, { metadata }))).toEqual({ rows: 1, imported: 1 });
  const names = await Promise.all([a, b].map((value) => users.byIdentifier({ field: 'email', value })));
  expect(names.map((one) => one?.properties.firstName)).toEqual(['Zoë €', '健']);
});

test('one bad row costs one row, and says why', async () => {
  const good = [person(), person(), person()];
  const file = [
    'email,firstName,city',
    `${good[0]},Ada,London`,
    `${person()},Eve`,
    `${person()},Eve,Rome,surplus`,
    `${person()},"Eve"x,Rome`,
    `${good[1]},Grace,New York`,
    `${person()},${'x'.repeat(100_000)},Rome`,
    `${person()},"never closed,Rome`,
    `${good[2]},Linus,Helsinki`,
    '',
  ].join('\n');
  const job = await imported(bucket, file);
  expect(countsOf(job)).toEqual({ rows: 8, imported: 4, failed: 4 });
  expect(job.warnings).toMatchObject([{ code: 'shortRow', field: null, count: 1, lines: [3] }]);
  const log = await downloadOf(bucket, job, 'import-log.csv');
  const verdicts = log
    .split('\r\n')
    .slice(1, -1)
    .map((line) =>
      line
        .split(':')[0]
        ?.replace(/[0-9A-Z]{26}/, 'ID')
        .replace('"', ''),
    );
  expect(verdicts).toEqual([
    '2,IMPORTED,,ID,',
    '3,IMPORTED,,ID,',
    '4,FAILED,,,tooManyCells',
    '5,FAILED,,,malformedQuotes',
    '6,IMPORTED,,ID,',
    '7,FAILED,,,recordTooLong',
    '8,FAILED,,,unterminatedQuote',
    '9,IMPORTED,,ID,',
  ]);
});

test('a file of which every row fails has failed, and its rows come back', async () => {
  const job = await imported(bucket, 'email,plan\nnobody,free\nnothing,pro\n');
  expect(job).toMatchObject({ status: 'failed', failure: { code: 'allRowsFailed' } });
  expect(countsOf(job)).toEqual({ rows: 2, failed: 2 });
  const [header, first] = (await downloadOf(bucket, job, 'failed-rows.csv')).split('\r\n');
  expect(header).toBe('email,plan,roster_line,roster_errors');
  expect(first).toMatch(/^nobody,free,2,"?invalidEmail\(email\): /);
});
