const everyMs = 500;

/**
 * Calls `onGone` when the `npm` that started this process has ended. The script replaces npm's shell (`exec`), so an
 * interrupt sent to npm reaches this process; a kill of npm cannot be forwarded, and is noticed here. Without npm there
 * is nothing to watch: a stack that was put into the background outlives its terminal on purpose.
 */
export function watchNpm(onGone: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(timer);
    onGone();
  }, everyMs);
  timer.unref();
}
