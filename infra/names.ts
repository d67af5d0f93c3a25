/** `imports/on-file-dropped` → `ImportsOnFileDropped`: the name of a function where no slash may stand. */
export function nameOf(path: string): string {
  return path.replace(/(^|[/-])(\w)/g, (_all, _separator, letter: string) => letter.toUpperCase());
}
