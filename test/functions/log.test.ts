import { expect, test } from 'vitest';
import { traceOf } from '../../shared/runtime/log.ts';

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

test('the log has the name of an error and the place where it was thrown', () => {
  expect(traceOf(new TypeError('ada@example.com'))).toEqual({
    error: 'TypeError',
    at: expect.stringMatching(/^at .*log\.test\.ts:\d+:\d+\)?$/),
  });
});

test.each([
  ['a text that is no JSON', () => JSON.parse('\nat ada@example.com')],
  ['a text that looks like a trace', () => new Error('nobody:\n    at ada@example.com (home)')],
])('the log has no part of a message: %s', (_, run) => {
  expect(JSON.stringify(traceOf(thrownBy(run)))).not.toContain('ada');
});
