import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bundle, bundleOf } from '../../infra/bundle.ts';
import { routes } from '../../infra/routes.ts';

const paths = [...new Set(Object.values(routes).map(({ run }) => run))];

beforeAll(bundle);

test('no function of the API is larger than 400 KB, or than 500 KB where it parses phones', () => {
  const sizes = paths.map((path) => {
    const bytes = readFileSync(join(bundleOf(path), 'index.mjs'));
    return { path, kilobytes: bytes.length / 1000, most: bytes.includes('country_calling_codes') ? 500 : 400 };
  });
  expect(sizes.filter(({ kilobytes, most }) => kilobytes > most)).toEqual([]);
});
