import { describe, expect, test } from 'vitest';
import { type Access, readPolicy, verdictOf } from '../../infra/local/iam/policy.ts';
import { CannotStart } from '../../infra/local/process/cannot-start.ts';
import type { JsonObject } from '../../infra/local/process/json.ts';

const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/T';
const bucket = 'arn:aws:s3:::b';
const allow = (Action: string | string[], Resource: string | string[], Condition?: JsonObject): JsonObject => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});
const deny = (Action: string, Resource: string): JsonObject => ({ ...allow(Action, Resource), Effect: 'Deny' });
const policy = (...Statement: JsonObject[]) => readPolicy({ Version: '2012-10-17', Statement }, 'a role');

/** The decision of a policy with these statements on an access: allowed, denied or not allowed. */
function verdict(statements: JsonObject[], access: Access): string {
  const found = verdictOf(policy(...statements), access);
  return typeof found === 'object' ? 'allowed' : found;
}

describe('a policy', () => {
  const get = { action: 'dynamodb:GetItem', resource: table };
  const read = { action: 's3:GetObject', resource: `${bucket}/work/a/b.json` };

  test.each([
    ['allows what a statement names', [allow('dynamodb:GetItem', table)], get, 'allowed'],
    ['allows nothing that no statement names', [allow('dynamodb:PutItem', table)], get, 'not allowed'],
    ['without statements allows nothing', [], get, 'not allowed'],
    ['takes the case of an action for the same', [allow('DynamoDB:getitem', table)], get, 'allowed'],
    ['tells resources by their case', [allow('dynamodb:GetItem', table.replace('/T', '/t'))], get, 'not allowed'],
    ['names any of its actions and resources', [allow(['x:Y', 'dynamodb:GetItem'], ['x', table])], get, 'allowed'],
    ['lets * stand for any characters, slashes too', [allow('s3:Get*', `${bucket}/work/*`)], read, 'allowed'],
    ['lets ? stand for one character', [allow('s3:GetObjec?', `${bucket}/????/a/b.json`)], read, 'allowed'],
    ['lets ? stand for no more than one', [allow('s3:GetObject', `${bucket}/?/a/b.json`)], read, 'not allowed'],
    ['takes other signs as they are', [allow('dynamodb:Get.tem', table)], get, 'not allowed'],
    ['of a prefix is about nothing beside it', [allow('s3:GetObject', `${bucket}/jobs/*`)], read, 'not allowed'],
    ['on a bucket is not about its objects', [allow('s3:GetObject', bucket)], read, 'not allowed'],
    [
      'on a table is not about its indexes',
      [allow('dynamodb:Query', table)],
      { action: 'dynamodb:Query', resource: `${table}/index/I` },
      'not allowed',
    ],
    ['that denies wins, whatever comes first', [allow('*', '*'), deny('dynamodb:GetItem', '*')], get, 'denied'],
    ['that denies wins, whatever comes last', [deny('dynamodb:GetItem', '*'), allow('*', '*')], get, 'denied'],
    ['that denies something else does not matter', [deny('dynamodb:PutItem', '*'), allow('*', '*')], get, 'allowed'],
  ])('%s', (_, statements, access, expected) => {
    expect(verdict(statements, access)).toBe(expected);
  });
});

describe('a condition', () => {
  const list = (context?: Access['context']): Access => ({
    action: 's3:ListBucket',
    resource: bucket,
    context: context ?? {},
  });
  const put = (...keys: string[]): Access => ({
    action: 'dynamodb:PutItem',
    resource: table,
    context: { 'dynamodb:LeadingKeys': keys },
  });
  const ifPrefix = (operator: string, ...values: string[]) => [
    allow('s3:ListBucket', bucket, { [operator]: { 's3:prefix': values } }),
  ];
  const ifKeys = (operator: string, ...values: string[]) => [
    allow('dynamodb:PutItem', table, { [operator]: { 'dynamodb:LeadingKeys': values } }),
  ];

  test.each([
    [
      'StringLike holds for a value that fits',
      ifPrefix('StringLike', 'a/*', 'work/*'),
      list({ 's3:prefix': ['work/7/'] }),
      'allowed',
    ],
    [
      'StringLike fails for one that does not',
      ifPrefix('StringLike', 'work/*'),
      list({ 's3:prefix': ['jobs/'] }),
      'not allowed',
    ],
    ['StringLike fails where the request says nothing', ifPrefix('StringLike', 'work/*'), list(), 'not allowed'],
    [
      'StringLikeIfExists holds where the request says nothing',
      ifPrefix('StringLikeIfExists', 'work/*'),
      list(),
      'allowed',
    ],
    [
      'StringLikeIfExists fails for a value that does not fit',
      ifPrefix('StringLikeIfExists', 'work/*'),
      list({ 's3:prefix': ['jobs/'] }),
      'not allowed',
    ],
    [
      'StringEquals knows no wildcards',
      ifPrefix('StringEquals', 'work/*'),
      list({ 's3:prefix': ['work/7'] }),
      'not allowed',
    ],
    ['StringNotEquals holds where the request says nothing', ifPrefix('StringNotEquals', 'work/'), list(), 'allowed'],
    [
      'StringNotLike fails for a value that fits',
      ifPrefix('StringNotLike', 'work/*'),
      list({ 's3:prefix': ['work/7'] }),
      'not allowed',
    ],
    [
      'ForAllValues fails when one value does not fit',
      ifKeys('ForAllValues:StringLike', 'RATE#*'),
      put('RATE#1', 'USERS#1'),
      'not allowed',
    ],
    [
      'ForAllValues holds when every value fits',
      ifKeys('ForAllValues:StringLike', 'RATE#*'),
      put('RATE#1', 'RATE#2'),
      'allowed',
    ],
    ['ForAllValues holds for no values at all', ifKeys('ForAllValues:StringLike', 'RATE#*'), put(), 'allowed'],
    [
      'ForAnyValue holds when one value fits',
      ifKeys('ForAnyValue:StringLike', 'RATE#*'),
      put('RATE#1', 'USERS#1'),
      'allowed',
    ],
    ['ForAnyValue fails for no values at all', ifKeys('ForAnyValue:StringLike', 'RATE#*'), put(), 'not allowed'],
  ])('%s', (_, statements, access, expected) => {
    expect(verdict(statements, access)).toBe(expected);
  });

  test('of several lines holds only when each does', () => {
    const both = [
      allow('s3:ListBucket', bucket, {
        StringLike: { 's3:prefix': 'work/*' },
        Bool: { 'aws:SecureTransport': 'true' },
      }),
    ];
    expect(verdict(both, list({ 's3:prefix': ['work/'], 'aws:SecureTransport': ['true'] }))).toBe('allowed');
    expect(verdict(both, list({ 's3:prefix': ['work/'], 'aws:SecureTransport': ['false'] }))).toBe('not allowed');
  });
});

describe('what the checker does not know stops the start with its name', () => {
  test.each([
    [{ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }, 'The policy element NotAction (a role)'],
    [{ Effect: 'Allow', Action: 's3:*', NotResource: '*' }, 'The policy element NotResource (a role)'],
    [
      allow('s3:*', '*', { DateLessThan: { 'aws:CurrentTime': '2030' } }),
      'The condition operator DateLessThan (a role)',
    ],
    [allow('s3:*', '*', { StringLike: { 'aws:username': 'a' } }), 'The condition key aws:username (a role)'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable is spelled so.
    [allow('s3:*', 'arn:aws:s3:::b/${aws:username}/*'), 'The policy variable in arn:aws:s3:::b/${aws:username}/*'],
    [
      allow(['dynamodb:PutItem', 'dynamodb:Query'], table, { StringLike: { 'dynamodb:LeadingKeys': 'A#*' } }),
      'dynamodb:LeadingKeys for dynamodb:Query (a role)',
    ],
  ])('%o', (statement, message) => {
    expect(() => policy(statement)).toThrow(CannotStart);
    expect(() => policy(statement)).toThrow(message);
  });
});
