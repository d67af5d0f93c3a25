import { createHash } from 'node:crypto';
import { account, ownerKey } from '../cloudformation/names.ts';
import { CannotStart } from '../process/cannot-start.ts';
import { type Access, type Grant, type Statement, verdictOf } from './policy.ts';
import type { Refusal } from './request.ts';
import type { Role } from './roles.ts';

/** What an SDK signs its requests with. */
export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** Somebody who acts with a role: a function, or a run of a state machine. */
export type Session = {
  readonly credentials: Credentials;
  /** Says why something is not allowed; null when it is. */
  check(accesses: readonly Access[]): Refusal | null;
};

export type Authority = {
  /** A session of a role, with an access key id of its own that stays the same over a restart. */
  sessionOf(roleArn: string, name: string): Session;
  /** Says why a request that was signed with this key is refused; null when everything in it is allowed. */
  check(accessKeyId: string | null, accesses: readonly Access[]): Refusal | null;
};

type Settings = {
  readonly roles: ReadonlyMap<string, Role>;
  /** The statements of the policies that resources hold themselves, such as that of a bucket. */
  readonly resourcePolicies: readonly Statement[];
  /** Is told of each grant that is used, and of each access that is refused. */
  onUse(role: Role, grant: Grant): void;
  onRefusal(message: string): void;
};

/** Requests come over the loopback interface, which stands for TLS. */
const surroundings = { 'aws:SecureTransport': ['true'], 's3:TlsVersion': ['1.3'] };

/**
 * Checks requests against the roles of the templates, as IAM does: access keys of functions and machines act with their
 * role, the key of the stack's owner may do everything.
 */
export function openAuthority({ roles, resourcePolicies, onUse, onRefusal }: Settings): Authority {
  const sessions = new Map<string, Session>();

  function decide(role: Role, user: string, access: Access): Refusal | null {
    const full = { ...access, context: { ...surroundings, ...access.context } };
    const own = verdictOf(role.statements, full);
    const ofResource = verdictOf(resourcePolicies, full);
    if (typeof own === 'object' && ofResource !== 'denied') {
      onUse(role, own.allowedBy);
      return null;
    }
    const { action, resource } = access;
    const isExplicit = own === 'denied' || ofResource === 'denied';
    const why = isExplicit
      ? 'with an explicit deny in a policy'
      : `because no identity-based policy allows the ${action} action`;
    onRefusal(`${role.label} is not authorized to perform ${action}`);
    const message = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
    return { reason: 'denied', message, access };
  }

  function sessionOf(roleArn: string, name: string): Session {
    const role = roles.get(roleArn);
    if (role === undefined) throw new CannotStart(`The role ${roleArn} of ${name} is not known to the local stack.`);
    const user = `arn:aws:sts::${account}:assumed-role/${role.name}/${name}`;
    const credentials = credentialsOf(user);
    const session: Session = {
      credentials,
      check(accesses) {
        for (const access of accesses) {
          const refusal = decide(role, user, access);
          if (refusal !== null) return refusal;
        }
        return null;
      },
    };
    sessions.set(credentials.accessKeyId, session);
    return session;
  }

  return {
    sessionOf,
    check(accessKeyId, accesses) {
      if (accessKeyId === ownerKey) return null;
      if (accessKeyId === null) return { reason: 'no key', message: 'The request is not signed.', access: null };
      const session = sessions.get(accessKeyId);
      if (session !== undefined) return session.check(accesses);
      return { reason: 'unknown key', message: 'The security token included in the request is invalid.', access: null };
    },
  };
}

/** Keys as those of a role look, made of the name of the session. */
function credentialsOf(user: string): Credentials {
  const digest = createHash('sha512').update(user).digest('hex').toUpperCase();
  return { accessKeyId: `ASIA${digest.slice(0, 16)}`, secretAccessKey: digest.slice(16, 56) };
}
