import { arns } from '../../cloudformation/names.ts';
import type { JsonObject } from '../../process/json.ts';
import type { Access } from '../policy.ts';
import { type AwsRequest, jsonOf, operationOf, refuseInJson, type Service } from '../request.ts';

const invocation = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** The fields by which operations of these services name what they are about. */
const fields = ['stateMachineArn', 'executionArn', 'SecretId'];

/** Secrets Manager, Step Functions and Lambda. */
export const awsEndpointService: Service = {
  bodyOf: () => 'all',
  accessesOf(request) {
    const name = functionOf(request);
    return [
      name === null ? accessOf(request) : { action: 'lambda:InvokeFunction', resource: asArn(name, arns.function) },
    ];
  },
  refuse: (refusal, request) => refuseInJson(refusal, functionOf(request) === null ? 400 : 403),
};

/** The function that a request invokes; null for any other request. */
function functionOf({ path }: Pick<AwsRequest, 'path'>): string | null {
  const [, name] = invocation.exec(path) ?? [];
  return name === undefined ? null : decodeURIComponent(name);
}

function accessOf(request: AwsRequest): Access {
  const target = String(request.headers['x-amz-target'] ?? '');
  const service = target.startsWith('AWSStepFunctions.') ? 'states' : 'secretsmanager';
  return { action: `${service}:${operationOf(request)}`, resource: resourceOf(jsonOf(request)) };
}

function resourceOf(input: JsonObject): string {
  const named = fields.map((field) => input[field]).find((value) => value !== undefined);
  return named === undefined ? '*' : asArn(String(named), arns.secret);
}

function asArn(name: string, arnOf: (name: string) => string): string {
  return name.startsWith('arn:') ? name : arnOf(name);
}
