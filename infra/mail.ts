import { Stack } from 'aws-cdk-lib';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** Whom mails come from, and what a function needs to be allowed to send them. */
export type Mail = { readonly sender: string; readonly resources: string[] };

/**
 * The sender's address at SES, which asks its owner once whether this is wanted; nothing where the account has the address
 * or its domain already, since SES takes each once.
 *
 * In its sandbox, SES wants the permission for the recipient's identity too, and everywhere for a configuration set that
 * somebody has made the default of an identity. Neither has a name that is known here: what keeps a function to its sender
 * is the condition that goes with these.
 */
export function mail(scope: Construct, { sender, senderIdentity }: Settings): Mail {
  if (senderIdentity === 'new') new EmailIdentity(scope, 'Sender', { identity: Identity.email(sender) });
  const resources = ['identity', 'configuration-set'].map((resource) =>
    Stack.of(scope).formatArn({ service: 'ses', resource, resourceName: '*' }),
  );
  return { sender, resources };
}
