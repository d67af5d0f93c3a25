import { Aws, CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { CorsHttpMethod, DomainName, HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from '../settings.ts';

/** The fields of the access log. A path and a query are not among them: both can name a person. */
const accessLog = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  latency: '$context.responseLatency',
  integrationLatency: '$context.integrationLatency',
  integrationStatus: '$context.integrationStatus',
  // `messageString` has quotes of its own: with it the line would be no JSON.
  error: '$context.error.message',
};

/** The HTTP API without routes. The other stacks need its address, since they make links. */
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
      // The functions limit the rate of one key; this limit protects the account from all keys together.
      throttle: { rateLimit: settings.rate.perSecond * 10, burstLimit: settings.rate.burst * 5 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
      ...(domainName === undefined ? {} : { domainMapping: { domainName } }),
    });
    this.apiUrl = settings.domain === undefined ? this.api.apiEndpoint : `https://${settings.domain.name}`;
    // It stays an export where a domain replaces it: CloudFormation refuses to delete an export while the stacks that are
    // deployed after this one still use it, so a running deployment could not be given a domain.
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
