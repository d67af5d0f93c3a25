import { join } from 'node:path';
import { type Assembly, readAssembly } from './cloudformation/assembly.ts';
import { kinds } from './cloudformation/kinds.ts';
import { newCredentials, region } from './cloudformation/names.ts';
import { synthesize } from './cloudformation/synth.ts';
import { openGateway } from './http-api/gateway.ts';
import { readRoutes } from './http-api/route-table.ts';
import { type Authority, openAuthority } from './iam/authority.ts';
import { openCheckingProxy } from './iam/checking-proxy.ts';
import { awsEndpointService } from './iam/requests/aws-endpoint.ts';
import { dynamoDbService } from './iam/requests/dynamodb.ts';
import { s3Service } from './iam/requests/s3.ts';
import { sesService } from './iam/requests/ses.ts';
import { sqsService } from './iam/requests/sqs.ts';
import { readRoles } from './iam/roles.ts';
import { resourcePoliciesOf } from './iam/services.ts';
import { noteGrants } from './iam/used-grants.ts';
import { functionsOf } from './lambda/function-definition.ts';
import { startFunctions } from './lambda/functions.ts';
import { CannotStart } from './process/cannot-start.ts';
import { firstKey, isRevoked } from './process/first-key.ts';
import type { Ledger } from './process/ledger.ts';
import type { Log } from './process/log.ts';
import type { Options } from './process/options.ts';
import { freePort, keptPort } from './process/ports.ts';
import { startAwsEndpoint } from './services/aws-endpoint.ts';
import { clientsOf } from './services/clients.ts';
import { startDynamoDb } from './services/dynamodb.ts';
import { startMail } from './services/mail.ts';
import { secretOperations } from './services/secrets.ts';
import { createBuckets, createQueues, startStorage } from './services/storage.ts';
import { createTables } from './services/tables.ts';
import { wire } from './wiring.ts';

/** The content of local.json: everything that a script needs to talk to the stack. */
export type LocalStack = {
  readonly api: string;
  /** The first API key. */
  readonly key: string;
  /** True when somebody has revoked the first key before this start. */
  readonly keyRevoked: boolean;
  readonly s3: {
    readonly endpoint: string;
    readonly bucket: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly region: string;
  };
  readonly mail: string;
  readonly docs: string;
  readonly dynamodb: { readonly endpoint: string; readonly table: string };
  /** The address of Lambda, Step Functions and Secrets Manager. */
  readonly aws: { readonly endpoint: string };
};

export type StartInput = {
  readonly options: Options;
  /** The directory that holds everything the stack keeps. */
  readonly state: string;
  readonly ledger: Ledger;
  readonly log: Log;
  /** Is called with a function that stops each part, in the order of starting, also when a later part fails to start. */
  onClose(close: () => unknown): void;
};

/** Starts everything that the assembly describes. */
export async function startStack(input: StartInput): Promise<LocalStack> {
  const { options, state, ledger, log, onClose } = input;
  const servers = await startServers(input);
  const { api, aws, dynamodb, storage, mail, checked } = servers;
  const assembly = readAssembly(servers.assembly, { api: api.endpoint, storage: checked.storage.endpoint });
  const authority = authorityOf(assembly, input);
  serveChecked(servers, assembly, authority);

  const { s3, sqs } = clientsOf(storage.endpoint, newCredentials());
  const [streams] = await Promise.all([
    createTables(assembly.all(kinds.table), dynamodb.endpoint),
    createBuckets(assembly.all(kinds.bucket), s3),
    createQueues(assembly.all(kinds.queue), sqs),
  ]);

  const functions = startFunctions(functionsOf(assembly, endpointsOf(servers), authority), log.output);
  onClose(() => functions.stop());
  const checkedStorage = checked.storage.endpoint;
  const wired = wire({
    ...{ assembly, functions, authority, ledger, log, storage, checkedStorage, streams },
    dynamodb: dynamodb.endpoint,
  });
  onClose(wired.stop);
  aws.serve({ ...secretOperations(assembly.all(kinds.secret), ledger), ...wired.operations }, wired.invokeByName);

  const key = await firstKey({ state, assembly, functions, renew: options.newKey });
  wired.run();
  api.serve({
    ...gatewayOf(assembly),
    invoke: wired.invoke,
    log: (routeKey, status, ms) => log.event(routeKey, String(status), ms),
  });
  if (options.verbose) log.say(`${assembly.all(kinds.function).length} functions`);
  return {
    api: api.endpoint,
    key: key.secret,
    keyRevoked: await isRevoked(api.endpoint, key),
    s3: { endpoint: checkedStorage, bucket: assembly.output('BucketName') ?? '', ...newCredentials(), region },
    mail: mail.endpoint,
    docs: `${api.endpoint}/docs`,
    dynamodb: { endpoint: dynamodb.endpoint, table: assembly.output('TableName') ?? '' },
    aws: { endpoint: aws.endpoint },
  };
}

/** Starts the servers, and synthesizes meanwhile. */
async function startServers({ options, state, ledger, log, onClose }: StartInput) {
  const kept = options.memory ? null : state;
  const assembly = options.assembly ?? join(state, 'cdk.out');
  const stopping = new AbortController();
  onClose(() => stopping.abort());
  const closing = <T extends { stop(): unknown }>(part: T): T => {
    onClose(part.stop);
    return part;
  };
  const api = closing(await openGateway(options.port));
  const checked = {
    dynamodb: closing(await openCheckingProxy(0)),
    storage: closing(await openCheckingProxy(await keptPort(ledger, 'storage'))),
    mail: closing(await openCheckingProxy(0)),
    aws: closing(await openCheckingProxy(0)),
  };
  const mailPort = await keptPort(ledger, 'mail');
  const [aws, dynamodb, storage, mail] = await Promise.all([
    startAwsEndpoint().then(closing),
    startDynamoDb({
      directory: kept && join(kept, 'dynamodb'),
      java: join(options.data, 'java'),
      temporary: join(state, 'tmp'),
      preset: process.env.AWS_ENDPOINT_URL_DYNAMODB,
      // An error thrown in an event listener ends the process.
      onGone(why) {
        throw new CannotStart(why);
      },
      onFetch: () => log.say('There is no Java 17 or later here: fetching one, this once.'),
    }).then(closing),
    startStorage(kept && join(kept, 'storage'), await freePort()).then(closing),
    startMail(kept, mailPort).then(closing),
    options.assembly === null ? synthesize(assembly, stopping.signal) : null,
  ]);
  return { api, aws, dynamodb, storage, mail, checked, assembly };
}

type Servers = Awaited<ReturnType<typeof startServers>>;

function authorityOf(assembly: Assembly, { options, log }: StartInput): Authority {
  return openAuthority({
    roles: readRoles(assembly),
    resourcePolicies: resourcePoliciesOf(assembly),
    onUse: noteGrants(options.grants),
    onRefusal: (message) => log.say(message),
  });
}

/** Lets functions reach the servers, as far as their roles allow it. */
function serveChecked(
  { checked, aws, dynamodb, storage, mail }: Servers,
  assembly: Assembly,
  authority: Authority,
): void {
  const partitionKeys = assembly
    .all(kinds.table)
    .map(
      ({ name, settings }) =>
        [name, settings.KeySchema.find((key) => key.KeyType === 'HASH')?.AttributeName ?? ''] as const,
    );
  const tables = dynamoDbService(new Map(partitionKeys));
  checked.dynamodb.serve({ upstream: dynamodb.endpoint, authority, serviceOf: () => tables });
  checked.aws.serve({ upstream: aws.endpoint, authority, serviceOf: () => awsEndpointService });
  checked.mail.serve({ upstream: mail.endpoint, authority, serviceOf: () => sesService });
  checked.storage.serve({
    upstream: storage.endpoint,
    authority,
    serviceOf: ({ headers }) => (String(headers['x-amz-target']).startsWith('AmazonSQS.') ? sqsService : s3Service),
  });
}

function endpointsOf({ checked }: Servers): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: checked.dynamodb.endpoint,
    AWS_ENDPOINT_URL_S3: checked.storage.endpoint,
    AWS_ENDPOINT_URL_SQS: checked.storage.endpoint,
    AWS_ENDPOINT_URL_SES: checked.mail.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: checked.aws.endpoint,
    AWS_ENDPOINT_URL_SFN: checked.aws.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: checked.aws.endpoint,
  };
}

function gatewayOf(assembly: Assembly) {
  const [stage] = assembly.all(kinds.stage);
  const [api] = assembly.all(kinds.api);
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = stage?.settings.DefaultRouteSettings ?? {};
  return {
    routes: readRoutes(assembly),
    cors: api?.settings.CorsConfiguration ?? null,
    throttle: rate === undefined || burst === undefined ? null : { rate, burst },
  };
}
