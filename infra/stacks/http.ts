import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import * as z from 'zod/mini';
import { ActionFunction, type Deployment } from '../constructs/action-function.ts';
import { nameOf } from '../names.ts';
import { type Route, routes } from '../routes.ts';
import type { EdgeStack } from './edge.ts';
import type { WorkStack } from './work.ts';

const Method = z.enum(HttpMethod);

/** One Lambda function and one route of the API for each action of `routes.ts`, and the function that makes the first key. */
export class HttpStack extends Stack {
  readonly #deployment: Deployment;
  readonly #work: WorkStack;
  readonly #integrations = new Map<string, HttpLambdaIntegration>();

  constructor(
    scope: Construct,
    id: string,
    deployment: Deployment,
    edge: EdgeStack,
    work: WorkStack,
    props?: StackProps,
  ) {
    super(scope, id, props);
    this.#deployment = deployment;
    this.#work = work;
    const { data } = deployment;
    for (const [name, route] of Object.entries<Route>(routes)) {
      new HttpRoute(this, routeId(name), {
        httpApi: edge.api,
        routeKey: routeKey(name),
        integration: this.#integration(name, route),
      });
    }
    const firstKey = new ActionFunction(this, 'keys/create-first', deployment).writes(data);
    new CfnOutput(this, 'ApiUrl', { value: deployment.apiUrl });
    new CfnOutput(this, 'BucketName', { value: data.bucket.bucketName });
    new CfnOutput(this, 'TableName', { value: data.table.tableName });
    new CfnOutput(this, 'FirstKeyFunction', { value: firstKey.lambda.functionName });
  }

  /** Two routes may lead to one function, such as GET and HEAD. */
  #integration(name: string, route: Route): HttpLambdaIntegration {
    const known = this.#integrations.get(route.run);
    if (known !== undefined) return known;
    const made = new HttpLambdaIntegration('Integration', this.#action(name, route).lambda);
    this.#integrations.set(route.run, made);
    return made;
  }

  #action(name: string, route: Route): ActionFunction {
    const { data } = this.#deployment;
    const action = new ActionFunction(this, route.run, this.#deployment);
    if (route.table === 'read') action.reads(data);
    if (route.table === 'write') action.writes(data);
    if (route.table !== undefined && route.public !== true) action.countsRequests(data);
    if (route.table === 'write' && name.startsWith('POST ')) action.recallsAnswers(data);
    if (route.bucket === 'read') action.readsBucket(data, 'jobs/');
    if (route.bucket === 'write') action.writesBucket(data, 'uploads/');
    if (route.starts !== undefined) action.starts(route.starts, this.#work.machines[route.starts]);
    return action;
  }
}

function routeKey(name: string): HttpRouteKey {
  const [method, path] = name.split(' ');
  return path === undefined ? HttpRouteKey.DEFAULT : HttpRouteKey.with(path, Method.parse(method));
}

/** `GET /v1/users/{ref}` → `GetV1UsersRef`. */
function routeId(name: string): string {
  return `Route${nameOf(
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/-$/, ''),
  )}`;
}
