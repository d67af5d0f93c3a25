import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The ids of the running processes whose command line contains every one of `words`. */
export function processesWith(...words: string[]): number[] {
  const all = existsSync('/proc/self/cmdline') ? fromProc() : fromPs();
  return all.filter(({ line }) => words.every((word) => line.includes(word))).map(({ id }) => id);
}

function fromProc(): { id: number; line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ id: Number(name), line: commandLine(name) }));
}

/** A process may end between the listing and the reading. */
function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function fromPs(): { id: number; line: string }[] {
  return execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => ({ id: Number.parseInt(line, 10), line }));
}
