/** The text that a reader of the reference sees first. */
export const INTRODUCTION = `
Send an API key with every call: \`Authorization: Bearer rk_…\`. The first one is printed when Roster starts on one
machine. In the cloud it is made by the function that the output \`FirstKeyFunction\` names.

**Users** are named by id or by an identifier: \`email:ada@example.com\`. In a path a reference is percent-encoded. One with
\`/ ? # % \\\` is written as \`~\` and its base64url. In a body it is plain text. A path that names no user is a 404. A
segment or a user that a body or query names and that is not there is a 400 \`unknownReference\`, a field is
\`unknownField\`; lists of users answer \`notFound\` instead.

**Requests** are read strictly. Unknown keys, unknown and repeated query parameters are a 400, and nothing is coerced:
\`"5"\` is not 5. A body is JSON of at most 256 KB. Text is trimmed and brought to NFC; empty text, \`null\` and \`[]\` leave a
property unset.

**Errors** are problems by RFC 9457. Programs branch on \`code\`; \`errors\` says what is wrong where, all at once. The first
that applies is answered: 404 (no such route), 401, 403, 429, 413, 415, 400, 404 (the thing in the path), 412, 409. What
the gateway refuses before any function runs (over 10 MB, 30 s, its own throttle) has the gateway's own body.

**Lists** are pages of at most 100. Only \`nextCursor: null\` ends a list: a page may hold fewer than \`limit\`, even none, and
says \`"partial": true\` when it had to look at many items. Cursors are bound to the path and the query.

**Freshness**: a \`GET\` by reference sees every earlier write. Lists, segments and counts follow within seconds.

**Versions**: an answer's \`ETag\`, sent back as \`If-Match\`, keeps you from overwriting what you have not seen. A write
that changes nothing answers 200 and keeps \`version\` and \`updatedAt\`.

**Retries**: a \`POST\` with an \`Idempotency-Key\` has one effect for 24 hours, however often it is sent. A repeat answers the
first status and the thing as it now is. What is shown once (\`secret\`, a link's \`url\`, \`upload\`) is null then, and a thing
that was deleted meanwhile is a 404.

**Times** are answered as \`2026-01-31T09:30:00.000Z\`. A range takes days or instants, both ends included; a day is the whole
day in the time zone of the deployment.
`.trim();

/** The nouns of the API, in the order of the reference. */
export const TAGS = [
  { name: 'users', description: 'People, with their properties, tags and companies.' },
  { name: 'properties', description: 'The declared fields of users and companies.' },
  { name: 'segments', description: 'Sets of users: by a rule, or as a list.' },
  { name: 'imports', description: 'CSV files of users that come in.' },
  { name: 'exports', description: 'Files of users that go out.' },
  { name: 'logs', description: 'Imports, exports and deletions as history, with links to their files.' },
  { name: 'links', description: 'The public addresses of the files of a job.' },
  { name: 'keys', description: 'API keys and their scopes.' },
  { name: 'about', description: 'The API itself.' },
] as const;
