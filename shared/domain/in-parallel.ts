/** Runs over a list with at most so many at once, keeping the order of the answers. */
export async function inParallel<In, Out>(
  list: readonly In[],
  atOnce: number,
  run: (one: In) => Promise<Out>,
): Promise<Out[]> {
  const answers: Out[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < list.length; index = next++) {
      const one = list[index];
      if (one !== undefined) answers[index] = await run(one);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, worker));
  return answers;
}

/**
 * Does one thing after another, each whatever became of those before it.
 *
 * @throws the first error, when everything has had its turn
 */
export async function inTurn(all: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const one of all) {
    try {
      await one();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
