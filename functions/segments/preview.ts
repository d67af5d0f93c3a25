import * as z from 'zod/mini';
import { countMatching } from '../../shared/app/segments/count-matching.ts';
import * as schemas from '../../shared/data/schema.ts';
import { compile } from '../../shared/domain/rules/compile.ts';
import { describe } from '../../shared/domain/rules/describe.ts';
import { check } from '../../shared/domain/rules/schema.ts';
import { User, userOf } from '../../shared/domain/users/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';

const Preview = z.strictObject({
  count: z.number(),
  complete: z.boolean(),
  sample: z.readonly(z.array(User)),
  describe: z.string(),
});

/** Counts the users who match a rule, without saving it. */
export const handler = action(
  {
    summary: 'Preview a rule',
    description: 'Counts for up to 20 s; `complete: false` says that not all users were read. Nothing is saved.',
    scope: 'users:read',
    writes: false,
    body: z.strictObject({ rule: z.unknown() }),
    check: async ({ body, now }) => {
      const schema = await schemas.fresh('user', now);
      const checked = check(body.rule, schema, env.locale);
      return 'rule' in checked ? { value: { rule: checked.rule, schema } } : checked;
    },
    output: Preview,
  },
  async ({ input: { rule, schema }, now }) => {
    const matcher = compile(rule, schema, env.locale);
    const hasTime = () => Date.now() - now < 20_000;
    const { count, complete, newest } = await countMatching(matcher, { keep: 10, hasTime, now });
    return { count, complete, sample: newest.map(userOf), describe: describe(rule) };
  },
);
