import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CannotStart } from './cannot-start.ts';

/** A SQLite file with what must outlive a restart: checkpoints, running executions, undelivered events, ports. */
export type Ledger = DatabaseSync;

export const ledgerFile = 'ledger.db';

/**
 * Opens the ledger of a data directory and holds it alone until the process ends, however it ends: the lock is the
 * operating system's, so it cannot be left behind.
 */
export function openLedger(state: string): Ledger {
  mkdirSync(state, { recursive: true });
  const ledger = new DatabaseSync(join(state, ledgerFile));
  try {
    ledger.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    ledger.exec('CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
    ledger.prepare('INSERT OR REPLACE INTO notes VALUES (?, ?)').run('process', String(process.pid));
  } catch (error) {
    if (error instanceof Error && /locked/.test(error.message)) {
      throw new CannotStart(`Roster already runs on ${state}. Stop it, or start with --data DIR.`);
    }
    throw error;
  }
  return ledger;
}

/** Reads a note; null when there is none. */
export function note(ledger: Ledger, name: string): string | null {
  const value = ledger.prepare('SELECT value FROM notes WHERE name = ?').get(name)?.value;
  return typeof value === 'string' ? value : null;
}

export function writeNote(ledger: Ledger, name: string, value: string): void {
  ledger.prepare('INSERT OR REPLACE INTO notes VALUES (?, ?)').run(name, value);
}
