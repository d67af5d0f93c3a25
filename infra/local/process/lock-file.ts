import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { CannotStart } from './cannot-start.ts';

/** A process id is given again after a while: only together with the start it names one process. */
const Lock = z.object({ pid: z.number(), started: z.string() });

const longestEndMs = 5_000;

/** Writes into `file` that the process `pid` works for its owner, so that a later start can find it. */
export function writeLock(file: string, pid: number): void {
  writeFileSync(file, JSON.stringify({ pid, started: startOf(pid) ?? '' }));
}

/**
 * Kills the process that an earlier start named in `file`, if it still runs. A process that has the same id and
 * started at another moment is somebody else's and is left alone.
 */
export async function endLeftBehind(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const { success, data } = z.safeParse(Lock, readJson(file));
  const runs = () => success && startOf(data.pid) === data.started;
  if (success && runs()) {
    process.kill(data.pid, 'SIGKILL');
    for (const until = Date.now() + longestEndMs; runs() && Date.now() < until; ) await sleep(20);
    if (runs())
      throw new CannotStart(`The process ${data.pid} of an earlier start does not end. Kill it, then start again.`);
  }
  rmSync(file, { force: true });
}

/** A text that tells when a process started; null when there is no such process, or one that has ended already. */
function startOf(pid: number): string | null {
  try {
    return existsSync('/proc/self/stat') ? startByProc(pid) : startByPs(pid);
  } catch {
    return null;
  }
}

/** On Linux: the ticks between the machine's start and the process's. The name in brackets may hold any character. */
function startByProc(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return state === 'Z' ? null : `${boot} ${fields[18]}`;
}

function startByPs(pid: number): string | null {
  const [state = '', ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/);
  return state.startsWith('Z') ? null : started.join(' ');
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
