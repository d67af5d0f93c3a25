import { setTimeout as sleep } from 'node:timers/promises';

/** Waits so many milliseconds, or until the stack stops. */
export async function nap(ms: number, stopping: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stopping }).catch(() => undefined);
}
