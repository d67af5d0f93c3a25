import * as z from 'zod/mini';

/** The status of a user. A banned one keeps everything and gets no password reset. */
export const Status = z.enum(['active', 'banned']);
export type Status = z.infer<typeof Status>;

/** The way by which the user was first made. */
export const Source = z.enum(['api', 'csv', 'event']);
export type Source = z.infer<typeof Source>;

const Value = z.union([z.string(), z.number(), z.boolean(), z.readonly(z.array(z.string()))]);

/** A user as the API shows it: every key always there, unset properties left out of `properties`. */
export const User = z.strictObject({
  id: z.string(),
  status: Status,
  statusReason: z.nullable(z.string()),
  properties: z.record(z.string(), Value),
  aliases: z.readonly(z.array(z.string())),
  tags: z.readonly(z.array(z.string())),
  companies: z.readonly(z.array(z.string())),
  signedUpAt: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  lastSeenAt: z.nullable(z.string()),
  source: Source,
  version: z.number(),
});
export type User = z.infer<typeof User>;

/** A user in a list that was asked for some fields: its id, and what was named. */
export const ListedUser = z.extend(z.partial(User), { id: z.string() });
export type ListedUser = z.infer<typeof ListedUser>;

/** The verdict of one row of a file or one item of a batch. */
export const Verdict = z.enum(['IMPORTED', 'MERGED', 'UNCHANGED', 'SKIPPED', 'FAILED']);
export type Verdict = z.infer<typeof Verdict>;

const Mark = z.strictObject({
  job: z.string(),
  line: z.number(),
  verdict: Verdict,
  also: z.optional(z.record(z.string(), Verdict)),
  replaced: z.optional(z.readonly(z.array(z.string()))),
});

/**
 * The mark of an import on a profile. A part that runs again recognises its own work by it. `also` are the other rows that the
 * same write decided, by line; `replaced` the identifiers that the row replaced; `others` has the marks of other imports that may still run.
 */
export const RowMark = z.extend(Mark, { others: z.optional(z.readonly(z.array(Mark))) });
export type RowMark = z.infer<typeof RowMark>;

/**
 * A user as it is kept: what the API shows, and what only Roster sees.
 *
 * `revision` moves with every write; writers, edges and walks condition on it. `version` moves with what the API shows.
 * `lists` holds the manual segments the user is in, each as `<segment id>#<version of the list>`.
 */
export const Profile = z.extend(User, {
  revision: z.number(),
  lists: z.readonly(z.array(z.string())),
  lastRow: z.nullable(RowMark),
});
export type Profile = z.infer<typeof Profile>;

/** The user that the API shows of a profile. */
export function userOf({ revision: _revision, lists: _lists, lastRow: _lastRow, ...user }: Profile): User {
  return user;
}

/** The most tags, and the most companies, a user may have; the most bytes a profile may take as JSON. */
export const MAX_TAGS = 100;
export const MAX_COMPANIES = 20;
export const MAX_PROFILE_BYTES = 65_536;
