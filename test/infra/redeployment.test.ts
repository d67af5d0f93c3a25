import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnEmailIdentity } from 'aws-cdk-lib/aws-ses';
import { describe, expect, it } from 'vitest';
import { mail } from '../../infra/mail.ts';
import { settingsFrom } from '../../infra/settings.ts';
import { EdgeStack } from '../../infra/stacks/edge.ts';

const settings = (given: Record<string, unknown> = {}) => settingsFrom({ sender: 'roster@example.com', ...given });

const edge = (given?: Record<string, unknown>) =>
  Template.fromStack(new EdgeStack(new App(), 'Roster-prod-edge', settings(given)));

const exportsOf = (template: Template) =>
  Object.values(template.findOutputs('*')).flatMap(({ Export }) => Export?.Name ?? []);

describe('an API that is deployed', () => {
  const domain = '{"name":"api.example.com","certificateArn":"arn:aws:acm:eu-west-1:123456789012:certificate/1"}';

  it('may be given a domain: what the other stacks import of it until then is still there', () => {
    const before = exportsOf(edge());
    expect(before).toEqual([expect.stringContaining('ApiEndpoint')]);
    expect(exportsOf(edge({ domain }))).toEqual(before);
  });

  it('answers at its domain once that is pointed to it', () => {
    const template = edge({ domain });
    template.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', { Stage: '$default' });
    template.hasOutput('ApiUrl', { Value: 'https://api.example.com' });
    expect(template.findOutputs('DomainTarget').DomainTarget).toBeDefined();
  });
});

describe('the identity of a sender', () => {
  const identities = (given?: Record<string, unknown>) => {
    const stack = new Stack();
    mail(stack, settings(given));
    const made = stack.node.findAll().filter((child) => child instanceof CfnEmailIdentity);
    return made.map(({ emailIdentity }) => emailIdentity);
  };

  it('is made, so that its owner is asked', () => {
    expect(identities()).toEqual(['roster@example.com']);
  });

  it('is left alone where the account has it, or its domain, already', () => {
    expect(identities({ senderIdentity: 'existing' })).toEqual([]);
  });
});
