import type { Options } from './options.ts';

/** Prints a line for each request and trigger, and with --verbose the output of functions and errors of pollers. */
export type Log = {
  /** Something that a person at the terminal wants to read. */
  say(text: string): void;
  /** One request or trigger: never a path, a query or a body, since those can name a person. */
  event(what: string, outcome: string, ms: number): void;
  output(label: string, line: string): void;
};

export function createLog({ quiet, verbose }: Options): Log {
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  const time = () => new Date().toTimeString().slice(0, 8);
  return {
    say: (text) => (quiet ? undefined : print(text)),
    event: (what, outcome, ms) =>
      quiet ? undefined : print(`${time()}  ${what.padEnd(44)} ${outcome.padEnd(12)} ${ms} ms`),
    output: (label, line) => (verbose ? print(`${time()}  ${label}: ${line}`) : undefined),
  };
}
