import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isUnchanged, recordOf } from '../../infra/bundle-record.ts';

const root = mkdtempSync(join(tmpdir(), 'roster-test-'));
const record = join(root, 'inputs.json');
const write = (name: string, text: string) => writeFileSync(join(root, name), text);
afterAll(() => rmSync(root, { recursive: true }));

test('a build is left out only when each of its files is as it was', () => {
  expect(isUnchanged(record, root)).toBe(false);
  write('a.ts', 'a');
  write('b.ts', 'b');
  write('inputs.json', recordOf(['a.ts', 'b.ts', '(disabled):fs'], root));
  expect(isUnchanged(record, root)).toBe(true);
  write('b.ts', 'c');
  expect(isUnchanged(record, root)).toBe(false);
  write('b.ts', 'b');
  expect(isUnchanged(record, root)).toBe(true);
  rmSync(join(root, 'a.ts'));
  expect(isUnchanged(record, root)).toBe(false);
});
