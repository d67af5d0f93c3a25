import { readFileSync } from 'node:fs';

const everyMs = 500;

/**
 * Tells when the `npm` that started this process is gone. npm runs a script in a shell, and neither hands on every
 * signal: a stack that only listened to its own would go on unseen. Without npm there is nobody to watch, and a stack
 * that was put into the background outlives its terminal on purpose.
 */
export function watchNpm(onGone: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const line = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === line) return;
    clearInterval(timer);
    onGone();
  }, everyMs);
  timer.unref();
}

/** The shell that this process runs in, and, where the system shows it, who started that shell. */
function ancestors(): string {
  return `${process.ppid} ${parentOf(process.ppid)}`;
}

function parentOf(id: number): string {
  try {
    return /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
