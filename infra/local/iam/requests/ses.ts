import { arns } from '../../cloudformation/names.ts';
import { type AwsRequest, jsonOf, type Refusal, type RefusedAnswer, refuseInJson, type Service } from '../request.ts';
import { escaped } from './s3.ts';

/** The first version of the API sends forms, the second one JSON below this path. */
const isSecond = ({ path }: Pick<AwsRequest, 'path'>) => path.startsWith('/v2/');

/** What a request of the second version asks for, by the end of its path. */
const operations: Readonly<Record<string, string>> = { 'outbound-emails': 'SendEmail' };

/** SES: to send is an action on the sender's identity. */
export const sesService: Service = {
  bodyOf: () => 'all',
  accessesOf(request) {
    const { action, from } = isSecond(request) ? ofSecond(request) : ofFirst(request);
    const address = /<(.+)>$/.exec(from)?.[1] ?? from;
    return [{ action: `ses:${action}`, resource: arns.identity(address), context: { 'ses:FromAddress': [address] } }];
  },
  refuse: (refusal, request) => (isSecond(request) ? refuseInJson(refusal, 403) : refuseInXml(refusal)),
};

function ofFirst({ body }: AwsRequest) {
  const form = new URLSearchParams(body.toString());
  return { action: form.get('Action') ?? '', from: form.get('Source') ?? '' };
}

function ofSecond(request: AwsRequest) {
  const name = request.path.split('/').at(-1) ?? '';
  return { action: operations[name] ?? name, from: String(jsonOf(request).FromEmailAddress ?? '') };
}

function refuseInXml({ reason, message }: Refusal): RefusedAnswer {
  const code = reason === 'denied' ? 'AccessDenied' : 'InvalidClientTokenId';
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  return { status: 403, headers: { 'content-type': 'text/xml' }, body: `<ErrorResponse>${error}</ErrorResponse>` };
}
