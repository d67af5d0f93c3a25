import { expect, test } from 'vitest';
import type { Job } from '../../shared/domain/jobs/job.ts';
import { jobMail } from '../../shared/mail/job-mail.ts';

const ended: Job = {
  id: 'exp_1',
  type: 'bulk-download',
  status: 'succeeded',
  input: { target: { all: true }, options: {} },
  progress: { done: 537, total: 537 },
  counts: { users: 537 },
  warnings: [],
  failure: null,
  createdBy: 'key_1',
  createdAt: '2026-01-31T09:30:00.000Z',
  startedAt: '2026-01-31T09:30:01.000Z',
  finishedAt: '2026-01-31T09:31:00.000Z',
  downloads: [{ name: 'users.csv', bytes: 4711, expiresAt: '2026-02-07T09:31:00.000Z' }],
};
const link = { url: 'https://roster.example.com/d/token', name: 'users.csv', expiresAt: '2026-02-03T09:31:00.000Z' };

test('the mail of an export says that it is ready, how many users it holds, and until when the link works', () => {
  const { subject, text, html } = jobMail(ended, [link]);
  expect(subject).toBe('Export ready: 537 users');
  for (const part of [text, html]) {
    expect(part).toContain('537');
    expect(part).toContain(link.url);
    expect(part).toContain('2026-02-03 09:31 UTC');
    expect(part).toContain('exp_1');
  }
});

test('the mail of an import names the file, the counts and what was noted', () => {
  const counts = { rows: 3, imported: 1, merged: 0, unchanged: 1, skipped: 0, failed: 1 };
  const warning = { code: 'unknownColumn', field: 'chamber', count: 1, lines: [1], detail: 'Became chamber.' } as const;
  const { subject, text } = jobMail(
    {
      ...ended,
      type: 'csv-import',
      status: 'partially-succeeded',
      input: { fileName: 'people.csv', bytes: 10, key: 'imports/people.csv', options: {} },
      counts,
      warnings: [warning],
    },
    [],
  );
  expect(subject).toBe('Import finished, some rows failed: 3 rows');
  expect(text).toContain('File: people.csv');
  expect(text).toContain('Failed: 1');
  expect(text).toContain('Note: Became chamber. [unknownColumn]');
  expect(text).not.toContain('Download');
});

test('the mail of a job that failed says why, where, and carries no link', () => {
  const failure = { code: 'notUtf8', detail: 'Save the file as UTF-8.', line: 7 } as const;
  const { subject, text } = jobMail({ ...ended, status: 'failed', failure, counts: { users: 0 }, downloads: [] }, []);
  expect(subject).toBe('Export failed: 0 users');
  expect(jobMail({ ...ended, counts: { users: 1 } }, []).subject).toContain(': 1 user');
  expect(jobMail({ ...ended, counts: { users: 1 } }, []).subject).not.toContain('users');
  expect(text).toContain('Save the file as UTF-8. (line 7) [notUtf8]');
});

test('what a file name holds is text in the HTML, never markup', () => {
  const input = { fileName: '<img src=x onerror="a">&.csv', bytes: 1, key: 'imports/x', options: {} };
  const { html } = jobMail({ ...ended, type: 'csv-import', input }, [{ ...link, name: '"><b>.csv' }]);
  expect(html).not.toMatch(/<img|<b>/);
  expect(html).toContain('&lt;img src=x onerror=&quot;a&quot;&gt;&amp;.csv');
});
