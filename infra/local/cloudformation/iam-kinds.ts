import * as z from 'zod/mini';
import { idle, kind, maybe, tagged, text } from './kind.ts';

const document = z.record(text, z.json());

/** The resource types that say who may do what. */
export const iamKinds = {
  role: kind('AWS::IAM::Role', {
    ...tagged,
    RoleName: maybe(text),
    Description: idle,
    AssumeRolePolicyDocument: idle,
    ManagedPolicyArns: maybe(z.array(text)),
    Policies: maybe(z.array(z.strictObject({ PolicyName: text, PolicyDocument: document }))),
  }),
  policy: kind('AWS::IAM::Policy', { PolicyName: text, PolicyDocument: document, Roles: maybe(z.array(text)) }),
  bucketPolicy: kind('AWS::S3::BucketPolicy', { Bucket: text, PolicyDocument: document }),
  queuePolicy: kind('AWS::SQS::QueuePolicy', { Queues: z.array(text), PolicyDocument: document }),
  permission: kind('AWS::Lambda::Permission', {
    Action: z.literal('lambda:InvokeFunction'),
    FunctionName: text,
    Principal: text,
    SourceArn: maybe(text),
  }),
};
