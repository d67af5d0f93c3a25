import { CannotStart } from '../process/cannot-start.ts';
import type { Json } from '../process/json.ts';

export const region = 'us-east-1';
export const account = '000000000000';

/** The access key id of whoever owns the stack, who may do everything. */
export const ownerKey = 'local';

/** The owner's credentials. A client writes into the object that it is given, so each gets its own. */
export const newCredentials = () => ({ accessKeyId: ownerKey, secretAccessKey: 'local-secret' });

/** A resource as it stands in a template, before its properties are resolved. */
export type RawResource = {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** Its path in the construct tree, for people. */
  readonly label: string;
  readonly properties: Json;
};

/** The addresses that are only known once ports are chosen. */
export type Addresses = { readonly api: string; readonly storage: string };

type Naming = { ref(name: string): string; attributes: Record<string, (name: string) => string> };

const arn = (service: string, path: string) => `arn:aws:${service}:${region}:${account}:${path}`;

/** The attribute that names a resource of a type, where a template may give one. */
const nameProperty: Record<string, string> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::IAM::Role': 'RoleName',
};

/** The name of a resource: the one that its template gives, or one made of its stack and logical id. */
export function nameOf(resource: RawResource): string {
  const property = nameProperty[resource.type];
  const { properties } = resource;
  if (property !== undefined && typeof properties === 'object' && properties !== null && !Array.isArray(properties)) {
    const given = properties[property];
    if (typeof given === 'string') return given;
  }
  const made = `${resource.stack}-${resource.logicalId}`;
  return resource.type === 'AWS::S3::Bucket'
    ? made
        .toLowerCase()
        .slice(-63)
        .replace(/^[^a-z0-9]+/, '')
    : made.slice(-64);
}

export const arns = {
  function: (name: string) => arn('lambda', `function:${name}`),
  machine: (name: string) => arn('states', `stateMachine:${name}`),
  execution: (machine: string, name: string) => arn('states', `execution:${machine}:${name}`),
  table: (name: string) => arn('dynamodb', `table/${name}`),
  stream: (name: string) => `${arn('dynamodb', `table/${name}`)}/stream/local`,
  queue: (name: string) => arn('sqs', name),
  bucket: (name: string) => `arn:aws:s3:::${name}`,
  secret: (name: string) => arn('secretsmanager', `secret:${name}-local0`),
  identity: (name: string) => arn('ses', `identity/${name}`),
  rule: (name: string) => arn('events', `rule/${name}`),
  schedule: (name: string) => arn('scheduler', `schedule/default/${name}`),
  role: (name: string) => `arn:aws:iam::${account}:role/${name}`,
  /** The part of an API that a policy names: a stage, a method and a path. */
  route: (api: string, path: string) => arn('execute-api', `${api}/${path}`),
};

/** The values of `Ref` and `Fn::GetAtt` of a resource, by its type. */
function namingOf(type: string, addresses: Addresses): Naming {
  const same = (name: string) => name;
  switch (type) {
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable':
      return { ref: same, attributes: { Arn: arns.table, StreamArn: arns.stream } };
    case 'AWS::S3::Bucket':
      return { ref: same, attributes: { Arn: arns.bucket } };
    case 'AWS::SQS::Queue':
      return {
        ref: (name) => `${addresses.storage}/${account}/${name}`,
        attributes: { Arn: arns.queue, QueueName: same, QueueUrl: (name) => `${addresses.storage}/${account}/${name}` },
      };
    case 'AWS::SecretsManager::Secret':
      return { ref: arns.secret, attributes: { Id: arns.secret } };
    case 'AWS::Lambda::Function':
      return { ref: same, attributes: { Arn: arns.function } };
    case 'AWS::StepFunctions::StateMachine':
      return { ref: arns.machine, attributes: { Arn: arns.machine, Name: same } };
    case 'AWS::IAM::Role':
      return { ref: same, attributes: { Arn: arns.role } };
    case 'AWS::Events::Rule':
      return { ref: same, attributes: { Arn: arns.rule } };
    case 'AWS::ApiGatewayV2::Api':
      return { ref: same, attributes: { ApiEndpoint: () => addresses.api, ApiId: same } };
    default:
      return { ref: same, attributes: { Arn: (name) => arn(type, name) } };
  }
}

export function refOf(resource: RawResource, addresses: Addresses): string {
  return namingOf(resource.type, addresses).ref(nameOf(resource));
}

export function attributeOf(resource: RawResource, attribute: string, addresses: Addresses): string {
  const value = namingOf(resource.type, addresses).attributes[attribute];
  if (value === undefined) {
    throw new CannotStart(`The attribute ${attribute} of ${resource.type} (${resource.label}) is not known locally.`);
  }
  return value(nameOf(resource));
}
