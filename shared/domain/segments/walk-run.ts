/** Work on one version of a segment: `fill` writes its edges, `sweep` deletes them. */
type Work = { readonly segment: string; readonly ruleVersion: number; readonly task: 'fill' | 'sweep' };

/**
 * The name of a run of the workflow that fills a version of a segment and deletes the edges of versions that nothing
 * reads. It has at most 80 letters, digits, `-` and `_`.
 *
 * @param again tells this run from an earlier one for the same version
 */
export function runName(segment: string, ruleVersion: number, again?: string | number): string {
  const name = `${segment}-${ruleVersion}`;
  return again === undefined ? name : `${name}-${again}`;
}

/** True when a run of this name does the work. A run fills its own version, and sweeps all versions of its segment. */
export function doesWork(run: string, { segment, ruleVersion, task }: Work): boolean {
  if (task === 'sweep') return run.startsWith(`${segment}-`);
  const name = runName(segment, ruleVersion);
  return run === name || run.startsWith(`${name}-`);
}
