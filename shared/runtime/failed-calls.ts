import { log } from './log.ts';

/** Errors that answer a question and are handled by the caller: they are no failures, and stay out of the log. */
const ANSWERS: ReadonlySet<string> = new Set([
  // DynamoDB: a condition that does not hold, and a clash with another transaction, which is tried again.
  'ConditionalCheckFailedException',
  'TransactionCanceledException',
  'TransactionConflictException',
  // S3: an object that does not exist, that was replaced, or whose upload is over.
  'NoSuchKey',
  'NotFound',
  'PreconditionFailed',
  'NoSuchUpload',
  // Step Functions: a run that exists already, or does not exist.
  'ExecutionAlreadyExists',
  'ExecutionDoesNotExist',
]);

/** The permissions behind operations of S3 whose names differ; S3 refuses a HEAD without naming the permission. */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  ListObjectsV2: 'ListBucket',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  UploadPartCopy: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
};

/** The message of AWS about the permission that a call lacked. SES quotes with backtick and apostrophe. */
const NOT_AUTHORIZED = /not authorized to perform:? [`'"]?([\w-]+:\w+)[`'"]?(?: on resource:? [`'"]?([^\s`'"]+))?/;

/** A resource without what a person may have named: the key of an object below its first prefix, the name of an address. */
function resourceOf(arn: string): string {
  return arn.replace(/^(arn:[\w-]+:s3:::[^/]+\/(?:[^/]+\/)?).+$/, '$1*').replace(/[^/:]+@/, '*@');
}

type Call = { readonly service: string; readonly operation: string; readonly input: unknown };

const isDenied = (name: string, status: number | undefined) => /^AccessDenied|^Forbidden$/.test(name) || status === 403;

function text(input: unknown, name: string): string {
  const value: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, name) : undefined;
  return typeof value === 'string' ? value : '';
}

/** The action and the resource of a call that was refused for lack of permission. */
function deniedBy({ service, operation, input }: Call, message: string) {
  const [, action, resource] = NOT_AUTHORIZED.exec(message) ?? [];
  if (action) return { action, ...(resource && { resource: resourceOf(resource) }) };
  const own = { action: `${service}:${S3_ACTIONS[operation] ?? operation}` };
  if (service !== 's3') return own;
  const place = [text(input, 'Bucket'), text(input, 'Key') || text(input, 'Prefix')].filter((part) => part !== '');
  return { ...own, resource: resourceOf(`arn:aws:s3:::${place.join('/')}`) };
}

/** Writes the failure of one call to the log: never its input, its message or a key of the table. */
function logFailure(call: Call, error: unknown): void {
  const { service, operation } = call;
  const name = error instanceof Error ? error.name : typeof error;
  if (ANSWERS.has(name)) return;
  const { $metadata = {} }: { $metadata?: { requestId?: string; httpStatusCode?: number } } = Object(error);
  const message = error instanceof Error ? error.message : '';
  log.error('AWS call failed', {
    service,
    operation,
    code: name,
    ...($metadata.requestId && { awsRequest: $metadata.requestId }),
    ...(isDenied(name, $metadata.httpStatusCode) && deniedBy(call, message)),
  });
}

type Next = (args: { input: unknown }) => Promise<unknown>;
type Context = { readonly commandName?: string };

/** The part of a client of the SDK that is changed here, without the types of its operations. */
type Stack = {
  remove(name: string): boolean;
  add(middleware: (next: Next, context: Context) => Next, options: { step: 'initialize'; name: string }): void;
};

/**
 * Lets a client write each call that failed for good to the log, with service, operation, error code and request id, and
 * for a denied call with the action and the resource.
 *
 * The SDK's own logging is taken out: it copies every input and every output to hide sensitive values, and does so also
 * when nothing is logged. For a page of 1,700 items that takes longer than reading them.
 *
 * @param service the prefix of the service's IAM actions, such as `dynamodb`
 */
export function logFailedCalls<Client extends { readonly middlewareStack: unknown }>(
  client: Client,
  service: string,
): Client {
  const stack = client.middlewareStack as Stack;
  stack.remove('loggerMiddleware');
  stack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          logFailure({ service, operation: commandName.replace(/Command$/, ''), input: args.input }, error);
          throw error;
        }
      },
    { step: 'initialize', name: 'logFailedCalls' },
  );
  return client;
}
