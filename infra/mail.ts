import { Stack } from 'aws-cdk-lib';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** Whom mails come from, and what a function needs to be allowed to send them. */
export type Mail = { readonly sender: string; readonly identityArn: string };

/** The sender's address at SES, which asks its owner once whether this is wanted. */
export function mail(scope: Construct, settings: Settings): Mail {
  const identity = new EmailIdentity(scope, 'Sender', { identity: Identity.email(settings.sender) });
  const identityArn = Stack.of(scope).formatArn({
    service: 'ses',
    resource: 'identity',
    resourceName: identity.emailIdentityName,
  });
  return { sender: settings.sender, identityArn };
}
