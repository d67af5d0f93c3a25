import type { Job } from './follow.ts';

const number = new Intl.NumberFormat('en');

/** `imported 12,000 of 50,000 rows`, for the line that moves while an import runs. */
export function progressLine({ status, progress }: Job): string {
  const { done, total } = progress;
  if (total === null) return status;
  return `${status}: ${number.format(done)} of ${number.format(total)} rows`;
}

/** `537 rows: 530 imported, 7 failed`. Counts of 0 are left out. */
function countsLine({ counts: { rows = 0, ...verdicts } }: Job): string {
  const told = Object.entries(verdicts).filter(([, count]) => count > 0);
  const words = told.map(([name, count]) => `${number.format(count)} ${name}`);
  return `${number.format(rows)} ${rows === 1 ? 'row' : 'rows'}${words.length > 0 ? `: ${words.join(', ')}` : ''}`;
}

function failureLines({ failure }: Job): readonly string[] {
  if (!failure) return [];
  const line = failure.line === undefined ? '' : ` (line ${failure.line})`;
  return [`${failure.detail}${line} [${failure.code}]`];
}

/** The end of an import in lines of text: its status, counts, failure and warnings. */
export function endLines(job: Job): readonly string[] {
  return [
    `Import ${job.status}. ${countsLine(job)}`,
    ...failureLines(job),
    ...job.warnings.map(({ code, field, count, detail }) => {
      const where = [code, field, count > 1 ? `${number.format(count)} times` : null].filter((part) => part !== null);
      return `  ${detail} [${where.join(', ')}]`;
    }),
  ];
}

/** Files of a job and the links that fetch them, as commands. */
export function fetchLines(links: readonly { readonly name: string; readonly url: string }[]): readonly string[] {
  return links.map(({ name, url }) => `  curl -sL '${url}' -o ${name}`);
}
