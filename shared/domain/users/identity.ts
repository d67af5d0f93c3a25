import type { RowFault } from './change.ts';
import type { Profile } from './user.ts';

/** One identifier that a door gives, in its normal form, and the user who has it now. `id` is ours. */
export type Given = { readonly field: string; readonly value: string; readonly owner: Profile | null };

/** The user whom a body or a row means. */
export type Meant =
  | { readonly kind: 'new' }
  | { readonly kind: 'known'; readonly profile: Profile }
  | { readonly kind: 'refused'; readonly fault: RowFault };

/**
 * Decides who is meant by the identifiers that a door gives. This is the only place that does.
 *
 * When no user has any of them, it is a new user. When they belong to two users, neither is guessed: `identifierConflict`
 * names both. When they belong to one user, it is that one, unless an identifier that ranks above the one that matched has another value there; then
 * another user shares a mailbox or a telephone, and the identifier that matched is `identifierTaken`.
 *
 * @param given in order of rank: `id`, `userId`, `email`, `phone`, custom identifiers as declared, `anonymousId`
 */
export function whoIsMeant(given: readonly Given[]): Meant {
  const profile = given.findLast((one) => one.owner)?.owner;
  if (!profile) return { kind: 'new' };
  if (given.some(({ owner }) => owner && owner.id !== profile.id)) {
    const ids = [...new Set(given.flatMap(({ owner }) => owner?.id ?? []))];
    const fields = given.filter((one) => one.owner).map((one) => one.field);
    const detail = `${fields.join(' and ')} belong to different users: ${ids.join(', ')}`;
    return { kind: 'refused', fault: { code: 'identifierConflict', field: fields[0] ?? 'id', detail, ids } };
  }
  const matched = given.findIndex((one) => one.owner);
  const above = given.slice(0, matched).find((one) => {
    const own = profile.properties[one.field];
    return own !== undefined && own !== one.value;
  });
  const field = given[matched]?.field;
  if (!above || field === undefined) return { kind: 'known', profile };
  const detail = `belongs to a user with another ${above.field}: ${profile.id}`;
  return { kind: 'refused', fault: { code: 'identifierTaken', field, detail, ids: [profile.id] } };
}
