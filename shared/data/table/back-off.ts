/**
 * Waits before an attempt is repeated: at random, and longer with every attempt, so that callers who failed together do
 * not come back together. The mean is 25 ms after the first attempt, doubles each time, and stays at 1 s from the seventh.
 */
export async function backOff(attempt: number): Promise<void> {
  const milliseconds = Math.random() * Math.min(2_000, 25 * 2 ** attempt);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
