import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireSpace } from './disk.ts';
import { type Ledger, ledgerFile, openLedger } from './ledger.ts';
import type { Options } from './options.ts';

/** The files and directories of one stack; whatever else stands in the directory is not Roster's. */
const entries = ['dynamodb', 'storage', 'mails.json', 'first-key', 'local.json', 'local.json.new', 'cdk.out', 'tmp'];
const ledgers = [ledgerFile, `${ledgerFile}-wal`, `${ledgerFile}-shm`, `${ledgerFile}-journal`];

export type DataDirectory = {
  /** The directory of everything that the stack keeps. */
  readonly state: string;
  readonly ledger: Ledger;
  /** Deletes the directory when it was only made for this run. */
  forget(): void;
};

/** Opens the data directory for this process alone. With `--memory` it is a temporary one. */
export function openDataDirectory(options: Options): DataDirectory {
  mkdirSync(options.data, { recursive: true });
  requireSpace(options.data);
  const opened = options.memory ? openTemporary() : openKept(options);
  rmSync(join(options.data, 'local.json'), { force: true });
  return opened;
}

function openTemporary(): DataDirectory {
  const state = mkdtempSync(join(tmpdir(), 'roster-'));
  return { state, ledger: openLedger(state), forget: () => rmSync(state, { recursive: true, force: true }) };
}

function openKept({ data: state, fresh }: Options): DataDirectory {
  closeToOthers(state);
  let ledger = openLedger(state);
  if (fresh) {
    ledger.close();
    for (const name of [...entries, ...ledgers]) rmSync(join(state, name), { recursive: true, force: true });
    ledger = openLedger(state);
  }
  return { state, ledger, forget() {} };
}

/** Takes the permissions of group and others from what an earlier version made; this one makes nothing that has them. */
function closeToOthers(directory: string): void {
  const file = join(directory, ledgerFile);
  if (!existsSync(file) || (statSync(file).mode & 0o077) === 0) return;
  for (const name of [...entries, ...ledgers, 'java']) restrict(join(directory, name));
}

function restrict(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink()) return;
  chmodSync(path, found.mode & 0o700);
  if (found.isDirectory()) for (const name of readdirSync(path)) restrict(join(path, name));
}
