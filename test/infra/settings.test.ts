import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingsFrom } from '../../infra/settings.ts';

const roster = { dev: { sender: 'roster@example.com' }, prod: { sender: 'prod@example.com', concurrency: 20 } };

describe('settings', () => {
  it('have a default for everything but the sender', () => {
    expect(settingsFrom({ roster })).toEqual({
      stage: 'dev',
      sender: 'roster@example.com',
      senderIdentity: 'new',
      allowedRecipients: [],
      operators: [],
      timeZone: 'UTC',
      shards: 16,
      concurrency: 8,
      rate: { perSecond: 500, burst: 1000 },
      keyCacheSeconds: 60,
      corsOrigins: [],
    });
  });

  it('are those of the stage', () => {
    expect(settingsFrom({ roster, stage: 'prod' })).toMatchObject({
      stage: 'prod',
      sender: 'prod@example.com',
      concurrency: 20,
    });
  });

  it('on the command line are stronger than a file, which is stronger than cdk.json', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'roster-settings-')), 'settings.json');
    writeFileSync(file, JSON.stringify({ concurrency: 30, shards: 4 }));
    const settings = settingsFrom({ roster, stage: 'prod', settings: file, shards: '2' });
    expect(settings).toMatchObject({ sender: 'prod@example.com', concurrency: 30, shards: 2 });
  });

  it('on the command line are text: lists with commas, objects as JSON', () => {
    const settings = settingsFrom({
      roster,
      operators: 'a@example.com,b@example.com',
      rate: '{"perSecond":5,"burst":10}',
      domain: '{"name":"api.example.com","certificateArn":"arn:aws:acm:eu-west-1:123456789012:certificate/1"}',
    });
    expect(settings.operators).toEqual(['a@example.com', 'b@example.com']);
    expect(settings.rate).toEqual({ perSecond: 5, burst: 10 });
    expect(settings.domain?.name).toBe('api.example.com');
  });

  it.each([
    [{ stage: 'test' }, /stage/],
    [{ sender: 'nobody' }, /sender: must be an e-mail address/],
    [{ senderIdentity: 'mine' }, /senderIdentity/],
    [{ operators: 'somebody@example.com,'.repeat(25) }, /operators: must have at most 500 characters, all together/],
    [{ shards: 'many' }, /shards: .*expected number/],
    [{ shards: '0' }, /shards: .*>=1/],
    [{ timeZone: 'Mars/Olympus' }, /timeZone: must be a time zone/],
    [{ defaultCountry: 'Germany' }, /defaultCountry: must be a country code/],
    [{ allowedRecipients: 'everybody' }, /allowedRecipients\.0: must be an e-mail address or \*@domain/],
    [{ corsOrigins: 'example.com/app' }, /corsOrigins\.0: must be an origin/],
    [{ rate: '5' }, /rate: .*expected object/],
    [{ rate: '{' }, /Setting "rate" is not JSON/],
    [{ sheds: '3' }, /Unrecognized key: "sheds"/],
    [{ roster: 5 }, /"roster" in cdk.json must be an object/],
  ])('that are wrong are refused with what is wrong: %j', (given, message) => {
    expect(() => settingsFrom({ roster, ...given })).toThrow(message);
  });

  it('leave alone what belongs to the CDK', () => {
    expect(() => settingsFrom({ roster, '@aws-cdk/core:x': true, 'aws:cdk:y': 1 })).not.toThrow();
  });
});
