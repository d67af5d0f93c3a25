/**
 * The keys under which a job keeps its work while it runs, all below one folder. A `piece` of a part is named by one run
 * alone, so that two runs of the same part do not write to one key.
 */
export const workKeys = (job: string) => {
  const folder = `work/${job}`;
  return {
    plan: `${folder}/plan.json`,
    /** The parts, as the map of the workflow reads them. */
    manifest: `${folder}/manifest.json`,
    /** The state of the join of an export's pieces. */
    join: `${folder}/join.json`,
    /** The columns of an imported file. */
    columns: `${folder}/columns.json`,
    /** A copy of an imported file as plain UTF-8, when it does not arrive as that. */
    text: `${folder}/text.csv`,
    /** Hashes of the identifiers that stand on more than one line of a file: ascending 64-bit floats. */
    repeats: `${folder}/repeats`,
    /** A piece of what a part of an export writes. */
    piece: (part: number, piece: string) => `${folder}/piece/${part}-${piece}`,
    /** A piece of the log of a part of an import, of its failed rows, and of the rows that it defers. */
    log: (part: number, piece: string) => `${folder}/log/${part}-${piece}.csv`,
    failed: (part: number, piece: string) => `${folder}/failed/${part}-${piece}.csv`,
    deferred: (part: number, piece: string) => `${folder}/deferred/${part}-${piece}.ndjson`,
    /** The lines that a piece of the logs holds, with their lengths. */
    index: (part: number, piece: string) => `${folder}/index/${part}-${piece}.json`,
    /** The outcomes of some of the deferred rows. */
    note: (part: number, note: string) => `${folder}/notes/${part}-${note}.json`,
  };
};
