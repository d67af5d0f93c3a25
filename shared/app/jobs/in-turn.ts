/**
 * Runs tasks one after the other. A task that fails does not keep the later ones from running.
 *
 * @throws the first error, after all tasks have run
 */
export async function inTurn(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const task of tasks) {
    try {
      await task();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
