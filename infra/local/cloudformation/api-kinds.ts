import * as z from 'zod/mini';
import { flag, idle, kind, maybe, number, tagged, text } from './kind.ts';

/** The resource types of an HTTP API. */
export const apiKinds = {
  api: kind('AWS::ApiGatewayV2::Api', {
    ...tagged,
    Name: idle,
    Description: idle,
    ProtocolType: z.literal('HTTP'),
    DisableExecuteApiEndpoint: idle,
    CorsConfiguration: maybe(
      z.strictObject({
        AllowOrigins: maybe(z.array(text)),
        AllowMethods: maybe(z.array(text)),
        AllowHeaders: maybe(z.array(text)),
        ExposeHeaders: maybe(z.array(text)),
        AllowCredentials: maybe(flag),
        MaxAge: maybe(number),
      }),
    ),
  }),
  stage: kind('AWS::ApiGatewayV2::Stage', {
    ...tagged,
    ApiId: text,
    StageName: z.literal('$default'),
    AutoDeploy: maybe(z.literal(true)),
    Description: idle,
    AccessLogSettings: idle,
    DefaultRouteSettings: maybe(
      z.strictObject({
        ThrottlingBurstLimit: maybe(number),
        ThrottlingRateLimit: maybe(number),
        DetailedMetricsEnabled: idle,
      }),
    ),
  }),
  integration: kind('AWS::ApiGatewayV2::Integration', {
    ApiId: text,
    IntegrationType: z.literal('AWS_PROXY'),
    IntegrationUri: text,
    IntegrationMethod: idle,
    PayloadFormatVersion: z.literal('2.0'),
    TimeoutInMillis: maybe(number),
    Description: idle,
  }),
  route: kind('AWS::ApiGatewayV2::Route', {
    ApiId: text,
    RouteKey: text,
    Target: text,
    AuthorizationType: maybe(z.literal('NONE')),
  }),
};
