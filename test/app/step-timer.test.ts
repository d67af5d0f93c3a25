import { expect, test } from 'vitest';
import { stepTimer } from '../../shared/app/workflows/step-timer.ts';

/** The answers of a timer after steps that take so many seconds, in fifteen minutes. */
function answersAfter(...seconds: readonly number[]): readonly boolean[] {
  let left = 900_000;
  const timer = stepTimer({ timeLeft: () => left });
  return seconds.map((step) => {
    left -= step * 1_000;
    return timer.hasTime();
  });
}

test('five minutes are kept back for what is to be written', () => {
  expect(answersAfter(10, 20, 30, 500, 39, 1)).toEqual([true, true, true, false, false, false]);
  expect(answersAfter(1, 598)).toEqual([true, false]);
});

test('a step is begun only when it ends in time though it takes ten times as long as the longest before it', () => {
  expect(answersAfter(60, 60, 60, 60, 60, 60)).toEqual([true, true, true, true, false, false]);
  expect(answersAfter(100)).toEqual([false]);
  expect(answersAfter(5, 5, 90, 5)).toEqual([true, true, false, false]);
});
