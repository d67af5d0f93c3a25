import type { Json } from './json-schemas.ts';

type Fields = Readonly<Record<string, string>>;

/** The descriptions of schemas, by name. */
export const SCHEMA_NOTES: Fields = {
  User: 'A user. Every key is always there; unset properties are left out of `properties`.',
  ListedUser: 'A user in a list. With `fields` it holds `id` and the named fields only, each in its usual place.',
  Property: 'A declared property. `version` rises with every change.',
  Segment: 'A segment as it is now.',
  Job: 'An import, an export or a deletion. A log is a job seen as history.',
  Warning: 'An unexpected fact that did not stop the job. There is one entry for each code and field.',
  Download: 'A file that a job has written. `POST /v1/logs/{id}/links` makes a link to it.',
  ApiKey: 'An API key. Its secret is shown once, when it is created, and not stored.',
  ImportCounts: '`rows` is the sum of the others.',
  Condition: 'A condition as it is stored: with its value in normal form, and without what is the default.',
  KeyScope: 'A part of the API that a key opens. `owner` holds every other scope.',
  JobStatus:
    'The last four are ends. `succeeded`: none failed. `partially-succeeded`: some failed. `failed`: nothing was applied, or every row failed. `cancelled`: what is done stays done.',
};

/** The descriptions of fields, by the names of the schemas that have them. */
export const FIELD_NOTES: Readonly<Record<string, Fields>> = {
  'User ListedUser UsersGetAnswer': {
    id: 'It names the user for ever.',
    tags: 'In the order in which they came, each once.',
    createdAt: 'The time at which Roster first knew the user.',
    updatedAt: 'The time of the last change of the body.',
    status: 'A banned user keeps everything and gets no password reset.',
    statusReason: 'The reason of the status, if one was given.',
    properties: 'The set properties by key.',
    aliases: 'Identifiers of merged users, such as `email:old@example.com`. They find the user.',
    companies: 'The ids of companies.',
    signedUpAt: 'It is fixed when the user is created.',
    lastSeenAt: 'The time of the newest event. It moves without a new version.',
    source: 'How the user was created.',
    version: 'It starts at 1 and rises when the body changes. It is the `ETag`.',
  },
  UsersGetAnswer: { included: 'The parts that `include` asked for.' },
  'UsersCreateBody UsersUpdateBody': {
    properties: 'Declared properties by key. Empty text, `null` and `[]` leave a property unset, or clear it.',
    tags: 'At most 100 of 1 to 64 characters, without `,` `;` `"`. The list replaces the one that is there.',
    companies: 'The ids of at most 20 companies. The list replaces the one that is there.',
  },
  UsersCreateBody: {
    status: 'Active, when it is absent.',
    signedUpAt: 'An instant from 1970 to a day ahead. Now, when it is absent.',
  },
  'Property PropertiesGetAnswer': {
    description: 'A text for people, or null.',
    version: 'It starts at 1 and rises when the body changes. It is the `ETag`.',
    key: 'The name in `properties`, in rules and in files.',
    label: 'The name that people read. A column of a file with this header is this property.',
    origin: '`system` properties ship with Roster and cannot be changed.',
    identifier: 'True when a value names one user.',
    searchable: 'True when a search finds the words of the value.',
    archived: 'An archived property is not accepted, listed or exported, and keeps its values.',
    createdAt: 'Null for a system property.',
  },
  PropertiesGetAnswer: { usedBy: 'The ids of the segments whose rules read it.' },
  PropertiesCreateBody: {
    type: 'The type that values are read by.',
    scope: 'The owner of the property. The default is `user`.',
    description: 'At most 2,000 characters. Null or empty text: none.',
    key: 'It matches `^[a-z][A-Za-z0-9_]{0,63}$`, and is no name that Roster uses.',
    label: 'The key, when it is absent.',
    identifier: 'Possible here only, of type `text`, for at most five properties.',
    searchable: 'Possible for types that are text.',
  },
  'Segment SegmentsCreateAnswer': {
    name: 'The name that people read.',
    description: 'A text for people, or null.',
    updatedAt: 'The time of the last change of the body. Null for the segment `all`, until it is changed.',
    kind: '`all` is built in, `dynamic` has a rule, `manual` is a list.',
    rule: 'The rule of a dynamic segment, else null.',
    columns: 'The saved columns of its table, in order. Null: all live fields.',
    state: 'While it is `evaluating` or `failed`, the old membership answers. What failed is tried again.',
    progress: 'From 0 to 1, while it is `evaluating`.',
    failure:
      'The reason why the members could not be evaluated, while it is `failed`. It is never a fault of the rule.',
    memberCount: 'Null until the segment is first ready. At most 60 s old up to 100,000 members, an hour above.',
    countedAt: 'The time of the count.',
    createdAt: 'Null for the segment `all`.',
    version: 'It rises when the body changes, but not for `memberCount` and `countedAt`. It is the `ETag`.',
  },
  'SegmentsCreateBody SegmentsUpdateBody': {
    name: 'The name that people read, of 1 to 128 characters.',
    columns: 'Fields in the order of the table, each once. Null: all live fields.',
    rule: 'A dynamic segment needs one, a manual one has none.',
    description: 'Null or empty text clears it.',
  },
  SegmentsCreateBody: {
    kind: '`dynamic` has a rule, `manual` is a list.',
    members: 'References to the users of a manual segment.',
  },
  'SegmentsCreateAnswer SegmentsAddMembersAnswer SegmentsReplaceMembersAnswer SegmentsRemoveMembersAnswer': {
    notFound: 'The references that name no user, as they were sent.',
  },
  'SegmentsAddMembersBody SegmentsReplaceMembersBody SegmentsRemoveMembersBody': {
    users: 'References to users, as plain text: ids, or `<identifier>:<value>`.',
  },
  'SegmentsAddMembersAnswer SegmentsReplaceMembersAnswer': {
    added: 'The number of users who were not members, and are now.',
    alreadyIn: 'The number of users who were members already.',
  },
  SegmentsRemoveMembersAnswer: {
    removed: 'The number of users who were members, and are no more.',
    notIn: 'The number of users who were no members.',
  },
  SegmentsPreviewAnswer: {
    count: 'The number of users for whom the rule holds, of those that were read.',
    complete: 'False when not all users could be read within 20 s.',
    sample: 'At most ten of them, newest sign-up first.',
    describe: 'The rule in words.',
  },
  Job: {
    startedAt: 'Null until it runs.',
    finishedAt: 'Null until it has ended.',
    warnings: 'Facts that were not as expected and did not stop the job.',
    input: 'The request as it was understood, with defaults filled in.',
    progress: '`total` is null until the job is planned.',
    counts:
      'Of an import by verdict, of an export `users`, of a deletion `targeted`, `deleted`, `notFound` and `failed`.',
    failure: 'The reason why the job failed as a whole, else null.',
    createdBy: 'The id of the key that asked, or `bucket` for a dropped file.',
    downloads: 'The files of a job that has ended.',
  },
  Download: { expiresAt: 'The file is kept until then.' },
  Warning: {
    field: 'The column, field or option that it is about.',
    count: 'The number of times.',
    detail: 'A sentence for people.',
    lines: 'The first ten lines of the file that it is about.',
  },
  Failure: {
    detail: 'A sentence that says what is wrong, where, and how to mend it.',
    line: 'The physical line of the file. The first line is 1.',
  },
  ImportsCreateBody: {
    badCells: 'The fate of a cell that is not of the type of its field: it is left out, or it fails its row.',
    encoding: 'The label of the encoding of the file, such as `windows-1252`. Null: by its BOM, else UTF-8.',
    headerLine: 'The line of the file on which the header stands.',
    fileName: 'The name of the file, without a path.',
    onConflict: 'The effect of a row on a known user: change what is given, replace everything, or nothing.',
    blankCells: 'The effect of a blank cell: it keeps the value, or it clears it.',
    unknownColumns: 'The fate of a column for which no field is known. A property that is created is text.',
    tags: '`replace` when `onConflict` is, else `merge`.',
    mapping: 'Fields by the header as written. Null leaves the column out.',
    identifier: 'The one identifier that finds users, when it shall be only one. Not served yet: leave it out.',
    defaultCountry: 'The country of phone numbers that name none, by ISO 3166 alpha-2.',
    dateFormat: 'The order of day, month and year in a date.',
    decimal: 'The decimal sign of numbers, where they group their digits or have a decimal comma.',
    addTags: 'Tags for every row that does not fail.',
    addToSegment: 'A manual segment for every row that does not fail. Not served yet: leave it out.',
    dryRun: 'Only say what an import would do. Not served yet: leave it out.',
    notify: 'The addresses that get a mail at the end, at most 10; `[]` for no mail. Null: the address of the key.',
  },
  ImportsCreateAnswer: { upload: 'The form for the file. It is null in a repeated call.' },
  ExportsCreateBody: {
    format: '`jsonl` has a user a line, as the API shows it.',
    compress: 'The file is packed, and `.gz` is added to its name.',
    segment: 'Users of this segment.',
    where: 'Users for whom this rule holds.',
    users: 'These users, by reference.',
    fields: 'The columns, in order. All live fields, when it is absent.',
    profile: '`spreadsheet` escapes what a spreadsheet would run as a formula.',
    notify:
      'The addresses that get a mail at the end, at most 10; `[]` for no mail. The default is the address of the key.',
  },
  LogsCreateLinkBody: { name: 'The name of one of the job’s downloads.' },
  LogsCreateLinkAnswer: {
    name: 'The name of the file.',
    url: 'The public address. It is null in a repeated call.',
    expiresAt: 'The link works until then, any number of times.',
  },
  ApiKey: {
    scopes: 'The parts of the API that it opens.',
    revokedAt: 'Null: it was not revoked.',
    email: 'The address of the owner of the key. It gets the mails of the jobs.',
    expiresAt: 'Null: never.',
    lastUsedAt: 'It is written now and then, not with every call.',
  },
  KeysCreateBody: {
    name: 'The name that people read.',
    email: 'The setting `allowedRecipients` must allow it.',
    scopes: 'A key grants no scope that it lacks itself.',
    expiresAt: 'An instant ahead. Never, when it is absent or null.',
  },
  KeysCreateAnswer: { secret: 'The text to send as `Bearer`. It is shown here only, and null in a repeated call.' },
  'UsersListAnswer SegmentsListAnswer LogsListAnswer KeysListAnswer': {
    nextCursor: 'Send it as `cursor` for the next page. Only null ends the list.',
    partial: 'True when the page ended early, because many items had to be read. Absent otherwise.',
  },
};

/** The ending of the names of instants. */
const INSTANT = /At$/;

function fieldNoted(name: string, schema: unknown, note: string | undefined): Json {
  const isInstant = INSTANT.test(name) && JSON.stringify(schema).includes('"string"');
  return {
    ...Object(schema),
    ...(isInstant && { format: 'date-time' }),
    ...(note !== undefined && { description: note }),
  };
}

function schemaNoted(name: string, schema: Json): Json {
  const { properties } = schema;
  const own = Object.entries(FIELD_NOTES).filter(([names]) => names.split(' ').includes(name));
  const notes: Fields = Object.assign({}, ...own.map(([, fields]) => fields));
  const note = SCHEMA_NOTES[name];
  if (typeof properties !== 'object' || properties === null) return { ...schema, ...(note && { description: note }) };
  const fields = Object.entries(properties).map(([field, one]) => [field, fieldNoted(field, one, notes[field])]);
  return { ...schema, ...(note && { description: note }), properties: Object.fromEntries(fields) };
}

/** Schemas with their descriptions and those of their fields. */
export function noted(schemas: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schemaNoted(name, schema)]));
}
