import type { Examples } from '../example.ts';
import type { OwnRoute } from '../operation.ts';
import { AT, IDS, PRO_IN_INDIA, problemOf } from './things.ts';

const OPTIONS = {
  onConflict: 'update',
  blankCells: 'keep',
  unknownColumns: 'ignore',
  tags: 'merge',
  mapping: {},
  identifier: null,
  defaultCountry: null,
  dateFormat: 'ymd',
  decimal: null,
  addTags: ['newsletter'],
  addToSegment: null,
  dryRun: false,
} as const;

const TEMPLATE = [
  'userId,email,phone,anonymousId,firstName,lastName,gender,country,city,language,timezone,lastChannel,ip,dob,emailOptin,smsOptin,whatsappOptin,latitude,longitude,tags,companies,status,signedUpAt',
  "crm-1001,ada@example.com,'+442079460958,visitor-1001,Ada,Lovelace,female,GB,London,en,Europe/London,email,192.0.2.1,1985-12-10,true,true,true,51.5072,-0.1276,vip;newsletter,acme,active,2026-01-31T09:30:00.000Z",
  '',
].join('\r\n');

const NO_ROWS = { rows: 0, imported: 0, merged: 0, unchanged: 0, skipped: 0, failed: 0 } as const;

const NEW_IMPORT = {
  id: IDS.newImport,
  type: 'csv-import',
  status: 'awaiting-upload',
  input: {
    fileName: 'newsletter.csv',
    bytes: null,
    key: `uploads/${IDS.newImport}/newsletter.csv`,
    options: OPTIONS,
  },
  progress: { done: 0, total: null },
  counts: NO_ROWS,
  warnings: [],
  failure: null,
  createdBy: IDS.newsletter,
  createdAt: AT.now,
  startedAt: null,
  finishedAt: null,
  downloads: [],
} as const;

const ENDED_IMPORT = {
  ...NEW_IMPORT,
  id: IDS.endedImport,
  status: 'partially-succeeded',
  input: { fileName: 'newsletter.csv', bytes: 251, key: 'imports/newsletter.csv', options: OPTIONS },
  progress: { done: 3, total: 3 },
  counts: { rows: 3, imported: 1, merged: 1, unchanged: 0, skipped: 0, failed: 1 },
  warnings: [
    {
      code: 'unknownColumn',
      field: 'Shoe size',
      count: 1,
      lines: [1],
      detail: 'The column is ignored.',
    },
  ],
  createdBy: 'bucket',
  createdAt: AT.made,
  startedAt: AT.started,
  finishedAt: AT.ended,
  downloads: [
    { name: 'import-log.csv', bytes: 214, expiresAt: AT.rowLogEnds },
    { name: 'failed-rows.csv', bytes: 173, expiresAt: AT.rowLogEnds },
  ],
} as const;

const NEW_EXPORT = {
  ...NEW_IMPORT,
  id: IDS.newExport,
  type: 'bulk-download',
  status: 'queued',
  input: {
    target: { segment: IDS.proPlan },
    options: { format: 'csv', profile: 'data', compress: null, fields: ['userId', 'email', 'plan'] },
  },
  counts: { users: 0 },
} as const;

const ENDED_EXPORT = {
  ...NEW_EXPORT,
  id: IDS.endedExport,
  status: 'succeeded',
  input: { target: { all: true }, options: { format: 'csv', profile: 'spreadsheet', compress: null, fields: null } },
  progress: { done: 2, total: 2 },
  counts: { users: 2 },
  createdAt: AT.made,
  startedAt: AT.started,
  finishedAt: AT.ended,
  downloads: [{ name: 'users.csv', bytes: 612, expiresAt: AT.exportEnds }],
} as const;

export const JOBS = {
  'GET /v1/imports/template': [
    { title: 'Header and a row of examples', query: { example: true }, status: 200, answer: TEMPLATE },
  ],
  'POST /v1/imports': [
    {
      title: 'A file of subscribers',
      headers: { 'Idempotency-Key': 'newsletter-2026-02-12' },
      body: {
        fileName: 'newsletter.csv',
        unknownColumns: 'ignore',
        mapping: { 'Customer no.': 'userId', Remarks: null },
        addTags: ['newsletter'],
        notify: ['marketing@example.com'],
      },
      status: 201,
      answer: {
        job: {
          ...NEW_IMPORT,
          input: {
            ...NEW_IMPORT.input,
            options: { ...OPTIONS, mapping: { 'Customer no.': 'userId', Remarks: null } },
          },
        },
        upload: {
          url: 'https://bucket.s3.example.com/',
          fields: { key: `uploads/${IDS.newImport}/newsletter.csv`, Policy: 'eyJleHBpcmF0aW9uIjoi…' },
        },
      },
    },
    {
      title: 'A recipient that is not allowed',
      body: { fileName: 'newsletter.csv', notify: ['somebody@elsewhere.example'] },
      status: 400,
      answer: {
        ...problemOf(400, 'notAllowedRecipient', 'Not allowed recipient', 'Mail to this address is not allowed.'),
        errors: [{ pointer: '/notify/0', code: 'notAllowedRecipient', detail: 'Mail to this address is not allowed.' }],
      },
    },
  ],
  'GET /v1/imports/{id}': [
    { title: 'An import that has ended', path: { id: IDS.endedImport }, status: 200, answer: ENDED_IMPORT },
  ],
  'POST /v1/exports': [
    {
      title: 'Three columns of a segment',
      headers: { 'Idempotency-Key': 'export-pro-2026-02-12' },
      body: { segment: IDS.proPlan, fields: ['userId', 'email', 'plan'], profile: 'data', notify: [] },
      status: 202,
      answer: NEW_EXPORT,
    },
    {
      title: 'Users for whom a rule holds, as packed JSON lines',
      body: { where: PRO_IN_INDIA, format: 'jsonl', compress: 'gzip' },
      status: 202,
      answer: {
        ...NEW_EXPORT,
        input: {
          target: { where: PRO_IN_INDIA },
          options: { format: 'jsonl', profile: 'spreadsheet', compress: 'gzip', fields: null },
        },
      },
    },
    {
      title: 'A segment that is not there',
      body: { segment: 'seg_none' },
      status: 400,
      answer: {
        ...problemOf(400, 'unknownReference', 'Unknown reference', 'There is no such segment.'),
        errors: [{ pointer: '/segment', code: 'unknownReference', detail: 'There is no such segment.' }],
      },
    },
  ],
  'GET /v1/exports/{id}': [
    { title: 'An export that has ended', path: { id: IDS.endedExport }, status: 200, answer: ENDED_EXPORT },
  ],
  'GET /v1/logs': [
    {
      title: 'The exports of a stretch of time',
      query: { type: 'bulk-download', status: 'succeeded', from: '2026-02-01', to: '2100-01-01T00:00:00Z', limit: 10 },
      status: 200,
      answer: { data: [ENDED_EXPORT], nextCursor: null },
    },
  ],
  'GET /v1/logs/{id}': [{ title: 'An import', path: { id: IDS.endedImport }, status: 200, answer: ENDED_IMPORT }],
  'POST /v1/logs/{id}/links': [
    {
      title: 'A link to an exported file',
      path: { id: IDS.endedExport },
      headers: { 'Idempotency-Key': 'link-for-marketing' },
      body: { name: 'users.csv' },
      status: 201,
      answer: { url: `https://roster.example.com/d/${IDS.token}`, name: 'users.csv', expiresAt: AT.linkEnds },
    },
    {
      title: 'A file that the job does not have',
      path: { id: IDS.endedExport },
      body: { name: 'backup.csv' },
      status: 400,
      answer: {
        ...problemOf(400, 'unknownReference', 'Unknown reference', 'The job has no file of this name.'),
        errors: [{ pointer: '/name', code: 'unknownReference', detail: 'The job has no file of this name.' }],
      },
    },
  ],
  'DELETE /v1/logs/{id}/links': [{ title: 'All links of a job', path: { id: IDS.endedExport }, status: 204 }],
  'GET /d/{token}': [
    { title: 'A link', path: { token: IDS.token }, status: 302 },
    {
      title: 'An unknown link',
      path: { token: 'not-a-link' },
      status: 404,
      answer: problemOf(404, 'notFound', 'Not found', 'There is no such link.'),
    },
  ],
} as const satisfies Partial<Record<OwnRoute, Examples>>;
