import { Duration, RemovalPolicy, Resource, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  StreamViewType,
  Table,
} from 'aws-cdk-lib/aws-dynamodb';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  HttpMethods,
  type IBucket,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { JOBS_INDEX } from '../../shared/data/keys.ts';
import type { Settings } from '../settings.ts';

/** The days for which objects are kept, by prefix. */
const kept: Record<string, number> = {
  'imports/': 30,
  'uploads/': 30,
  'jobs/': 30,
  'jobs/exports/': 7,
  'work/': 7,
  'erasures/': 40,
  // Lambda writes stream records that it could not deliver to this prefix.
  'aws/lambda/': 14,
};

function lifecycle(): LifecycleRule[] {
  const expiring = Object.entries(kept).map(([prefix, days]) => ({
    prefix,
    expiration: Duration.days(days),
    noncurrentVersionExpiration: Duration.days(Math.min(days, 7)),
  }));
  return [...expiring, { abortIncompleteMultipartUploadAfter: Duration.days(2) }];
}

/** The data of a deployment: the table, the bucket, and the secret of which the keys of identifiers are made. */
export class DataStack extends Stack {
  readonly table: Table & StreamedTable;
  readonly bucket: Bucket & IBucket;
  readonly secret: Secret;
  /** The number of partitions of the users, as other stacks import it. */
  readonly shards: string;

  constructor(scope: Construct, id: string, settings: Settings, props?: StackProps) {
    super(scope, id, props);
    const keep = settings.stage === 'prod';
    const removalPolicy = keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    const table = new Table(this, 'Table', {
      partitionKey: { name: 'PK', type: AttributeType.STRING },
      sortKey: { name: 'SK', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: keep,
      removalPolicy,
    });
    table.addGlobalSecondaryIndex({
      indexName: JOBS_INDEX.name,
      partitionKey: { name: JOBS_INDEX.partition, type: AttributeType.STRING },
      sortKey: { name: JOBS_INDEX.sort, type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });

    const bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: lifecycle(),
      cors: uploadsFrom(settings.corsOrigins),
      removalPolicy,
    });
    reportToEventBridge(bucket);

    this.secret = new Secret(this, 'Secret', {
      description: 'Makes the keyed hashes of identifiers, and signs cursors.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy,
    });
    // CloudFormation refuses to change a value that another stack imports: with another number no user would be found.
    this.shards = this.exportValue(String(settings.shards), { name: `${this.stackName}:Shards` });
    if (!isStreamed(table) || !isBucket(bucket)) throw new Error('The table has no stream, or the bucket is none.');
    this.table = table;
    this.bucket = bucket;
  }
}

type StreamedTable = ITable & { readonly tableStreamArn: string };

function isStreamed(table: Table): table is Table & StreamedTable {
  return table.tableStreamArn !== undefined;
}

/** The class and the interface of a bucket in the CDK differ only in the type of an optional property. */
function isBucket(bucket: Bucket): bucket is Bucket & IBucket {
  return Resource.isOwnedResource(bucket);
}

/** The CORS rule by which web pages of these origins may post a file with the form of an import. */
function uploadsFrom(origins: string[]) {
  return origins.length === 0
    ? []
    : [{ allowedOrigins: origins, allowedMethods: [HttpMethods.POST], allowedHeaders: ['*'] }];
}

/** Turns the events on by CloudFormation: the option of the construct would deploy a function with wide permissions. */
function reportToEventBridge(bucket: Bucket): void {
  const resource = bucket.node.defaultChild;
  if (!(resource instanceof CfnBucket)) throw new Error('A bucket without its resource.');
  resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
}
