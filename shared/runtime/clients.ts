import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient } from '@aws-sdk/client-ses';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Bucket, openBucket } from '../storage/bucket.ts';
import { env } from './env.ts';
import { logFailedCalls } from './failed-calls.ts';

/**
 * The time-outs of every client, in milliseconds: for the connection, and for the first byte of an answer. The client
 * repeats a call that timed out over another connection, so a connection that hangs costs seconds and never the whole
 * time of a function.
 */
export const CLIENT_TIMEOUTS = {
  connectionTimeout: 2_000,
  requestTimeout: 4_000,
  throwOnRequestTimeout: true,
} as const;

const config = { requestHandler: CLIENT_TIMEOUTS };

let dynamodbClient: DynamoDBClient | undefined;
let s3Client: S3Client | undefined;
let secretsClient: SecretsManagerClient | undefined;
let sesClient: SESClient | undefined;
let sfnClient: SFNClient | undefined;
let sqsClient: SQSClient | undefined;

/*
 * One client of each service a process, made at its first use. Each has a function of its own, so that a bundle holds the
 * clients that its function calls, and no other.
 */

/** Six attempts of 4 s are 24 s with at most 3 s between them: a function that answers a request has 29 s. */
export function dynamodb(): DynamoDBClient {
  dynamodbClient ??= logFailedCalls(
    new DynamoDBClient({ ...config, maxAttempts: 6, retryMode: 'standard' }),
    'dynamodb',
  );
  return dynamodbClient;
}

/** Sends checksums only where S3 requires them: one object is made of uploaded and of copied parts. */
export function s3(): S3Client {
  s3Client ??= logFailedCalls(
    new S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED', maxAttempts: 5 }),
    's3',
  );
  return s3Client;
}

export function secretsManager(): SecretsManagerClient {
  secretsClient ??= logFailedCalls(new SecretsManagerClient(config), 'secretsmanager');
  return secretsClient;
}

export function ses(): SESClient {
  sesClient ??= logFailedCalls(new SESClient({ ...config, maxAttempts: 5 }), 'ses');
  return sesClient;
}

export function sfn(): SFNClient {
  sfnClient ??= logFailedCalls(new SFNClient(config), 'states');
  return sfnClient;
}

export function sqs(): SQSClient {
  sqsClient ??= logFailedCalls(new SQSClient(config), 'sqs');
  return sqsClient;
}

/** The bucket of the deployment. */
export const deploymentBucket = (): Bucket => openBucket(s3(), env.bucket);

/** The workflows of the deployment, and the queue of users to repair: each client with the name of what it reaches. */
export const importWorkflow = () => ({ client: sfn(), machine: env.importMachine });
export const exportWorkflow = () => ({ client: sfn(), machine: env.exportMachine });
export const segmentWalkWorkflow = () => ({ client: sfn(), machine: env.segmentWalkMachine });
export const repairQueue = () => ({ client: sqs(), url: env.repairQueue });
