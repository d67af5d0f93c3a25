import { spawn } from 'node:child_process';

/**
 * Runs a command for as long as the process that started this one lives. Its standard input is a pipe from that
 * process: the pipe ends when the process does, however it does, and then the command is killed. Without this, a
 * killed stack would leave a server behind that holds the files of the next start.
 */
const [command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

process.stdin.on('end', () => child.kill('SIGKILL'));
process.stdin.on('error', () => child.kill('SIGKILL'));
process.stdin.resume();
// An interrupt at the keyboard reaches the whole group; the stack stops its servers itself, in its own order. That is
// also why the command is in a group of its own.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => child.kill('SIGKILL'));
child.on('error', () => process.exit(127));
child.on('exit', (code) => process.exit(code ?? 1));
