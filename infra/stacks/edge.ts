import { Aws, CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { CorsHttpMethod, DomainName, HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from '../settings.ts';

/** What the access log knows of a request. Never a path or a query: both can name a person. */
const accessLog = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  latency: '$context.responseLatency',
  integrationLatency: '$context.integrationLatency',
  integrationStatus: '$context.integrationStatus',
  // Not `messageString`, which brings quotes of its own: the line would be no JSON.
  error: '$context.error.message',
};

/** The bare HTTP API. Its address is known before anything hangs on it, so that the rest can write links. */
export class EdgeStack extends Stack {
  readonly api: HttpApi;
  readonly apiUrl: string;

  constructor(scope: Construct, id: string, settings: Settings, props?: StackProps) {
    super(scope, id, props);
    this.api = new HttpApi(this, 'Api', {
      apiName: `Roster ${settings.stage}`,
      createDefaultStage: false,
      ...cors(settings.corsOrigins),
    });
    const logs = new LogGroup(this, 'AccessLog', {
      // With this prefix it needs no entry of its own in the resource policy of CloudWatch Logs, which has a size limit.
      logGroupName: `/aws/vendedlogs/http-api/${Aws.STACK_NAME}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const domainName = this.#domain(settings.domain);
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      // The limit of one key is kept by the functions; this one protects the account from all keys together.
      throttle: { rateLimit: settings.rate.perSecond * 10, burstLimit: settings.rate.burst * 5 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
      ...(domainName === undefined ? {} : { domainMapping: { domainName } }),
    });
    this.apiUrl = settings.domain === undefined ? this.api.apiEndpoint : `https://${settings.domain.name}`;
    // Kept where a domain takes its place: CloudFormation refuses to take an export away while the stacks that are deployed
    // after this one still use it, so nobody could give a running deployment a domain.
    this.exportValue(this.api.apiEndpoint);
    new CfnOutput(this, 'ApiUrl', { value: this.apiUrl });
  }

  #domain(domain: Settings['domain']): DomainName | undefined {
    if (domain === undefined) return undefined;
    const name = new DomainName(this, 'Domain', {
      domainName: domain.name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
    });
    new CfnOutput(this, 'DomainTarget', { value: name.regionalDomainName });
    return name;
  }
}

function cors(allowOrigins: string[]) {
  if (allowOrigins.length === 0) return {};
  return {
    corsPreflight: {
      allowOrigins,
      allowMethods: [CorsHttpMethod.ANY],
      allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match'],
      exposeHeaders: ['etag', 'idempotency-replayed', 'location', 'retry-after', 'x-request-id'],
    },
  };
}
