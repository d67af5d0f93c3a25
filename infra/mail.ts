import { Stack } from 'aws-cdk-lib';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** The sender of mails, and the resources for which a function needs the permission to send them. */
export type Mail = { readonly sender: string; readonly resources: string[] };

/**
 * The identity of the sender in SES, which mails its owner once for a confirmation. None is created where the account has
 * the address or its domain already, since SES allows each only once.
 *
 * In its sandbox, SES also requires the permission for the recipient's identity, and everywhere for the configuration set
 * that an identity has by default. The names of these are not known at deployment: the condition on the sender's address
 * limits a function instead.
 */
export function mail(scope: Construct, { sender, senderIdentity }: Settings): Mail {
  if (senderIdentity === 'new') new EmailIdentity(scope, 'Sender', { identity: Identity.email(sender) });
  const resources = ['identity', 'configuration-set'].map((resource) =>
    Stack.of(scope).formatArn({ service: 'ses', resource, resourceName: '*' }),
  );
  return { sender, resources };
}
