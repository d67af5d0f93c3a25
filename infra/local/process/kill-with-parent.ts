import { spawn } from 'node:child_process';
import { writeLock } from './lock-file.ts';

/**
 * Runs a command for as long as the process that started this one lives: `kill-with-parent.ts LOCK_FILE COMMAND …`.
 * The standard input is a pipe from that process. The pipe ends when the process does, also by `kill -9`, and then the
 * command is killed: it would hold the files that the next start needs. This process is started in a session of its
 * own, so that neither an interrupt at the keyboard nor a kill of the whole process group ends it before its work is
 * done. The lock file names the command's process for the case that this one is killed, too.
 */
const [lockFile = '', command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
if (child.pid !== undefined) writeLock(lockFile, child.pid);

process.stdin.on('end', () => child.kill('SIGKILL'));
process.stdin.on('error', () => child.kill('SIGKILL'));
process.stdin.resume();
process.on('SIGTERM', () => child.kill('SIGKILL'));
child.on('error', () => process.exit(127));
child.on('exit', (code) => process.exit(code ?? 1));
