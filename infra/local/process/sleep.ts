import { setTimeout as wait } from 'node:timers/promises';

/** Sleeps for so many milliseconds, or until the stack stops. */
export async function sleep(ms: number, stopping: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal: stopping }).catch(() => undefined);
}
