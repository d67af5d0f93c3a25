import type { Examples } from './example.ts';
import { ABOUT } from './examples/about.ts';
import { JOBS } from './examples/jobs.ts';
import { KEYS } from './examples/keys.ts';
import { PROPERTIES } from './examples/properties.ts';
import { SEGMENTS } from './examples/segments.ts';
import { USERS } from './examples/users.ts';
import type { OwnRoute } from './operation.ts';

/** The examples of every route. A new route does not compile without them. */
export const EXAMPLES: Readonly<Record<OwnRoute, Examples>> = {
  ...ABOUT,
  ...USERS,
  ...PROPERTIES,
  ...SEGMENTS,
  ...JOBS,
  ...KEYS,
};
