import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from 'cdk-nag';
import type { DataStack } from './stacks/data.ts';

/** An acknowledged finding: its rule, the path of its construct, and the reason. */
type Acknowledgement = { readonly rule: RegExp; readonly at: RegExp; readonly reason: string };

const functionRoles = /-(work|http)\/[A-Z]\w+\/Role\/Resource$/;
const workflowRoles = /-work\/\w+\/Workflow\/Role\/Resource$/;

/** All findings that are acknowledged. Anything else fails the synthesis. */
export const acknowledged: readonly Acknowledgement[] = [
  {
    rule: /^AwsSolutions-S1$/,
    at: /-data\/Bucket\/Resource$/,
    reason:
      'A server access log repeats the keys of objects, and people choose the names of the files they drop: such a log ' +
      'would be a second, unerasable place for personal data. Every object that arrives becomes a job with an author.',
  },
  {
    rule: /^AwsSolutions-SMG4$/,
    at: /-data\/Secret\/Resource$/,
    reason:
      'The identifiers of all users are found by hashes that are keyed with this secret. Rotated, it would leave every ' +
      'user unfindable and every e-mail free to be taken again. It never leaves the functions that hash with it.',
  },
  {
    rule: /^AwsSolutions-APIG4$/,
    at: /-http\/Route\w+\/Resource$/,
    reason:
      'API keys and their scopes are checked by every action itself, because an authorizer of an HTTP API cannot answer ' +
      'with the problem document that the contract promises.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    at: functionRoles,
    reason:
      'X-Ray takes traces without knowing resources. A test holds that no other statement of a function names all.',
  },
  {
    rule: /^Serverless-LambdaStarPermissions$/,
    at: functionRoles,
    reason: 'The same statement for X-Ray, counted by a second rule.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    at: workflowRoles,
    reason: 'X-Ray and the delivery of logs, which Step Functions sets up itself, know no resources.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::.*Bucket\w+\.Arn>\/(imports|uploads|jobs|work)\/\*\]$/,
    at: /-(work|http)\/[\w/]+\/Role\/Resource$/,
    reason: 'The keys of objects are made at run time. Each function is limited to the prefixes that it works on.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::.*Bucket\w+\.Arn>\/aws\/lambda\/\*\]$/,
    at: /-work\/SegmentsOnProfileChanged\/Role\/Resource$/,
    reason: 'Lambda itself chooses the keys of stream records that it could not hand over, below this prefix.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:.*:states:.*:execution:.*Workflow\w+.*\*\]$/,
    at: /-work\/\w+\/Workflow\/MapRuns\/Resource$/,
    reason: 'The runs of a distributed map are named by Step Functions. Each machine reaches its own runs only.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:.*:states:.*:execution:.*\*\]$/,
    at: /-work\/JobsSweep\/Role\/Resource$/,
    reason: 'Runs are named after jobs when they start. The sweeper may look at the runs of these machines, no more.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:.*:ses:.*:(identity|configuration-set)\/\*\]$/,
    at: /-work\/(JobsFail|JobsSweep|ImportsFinish|ExportsFinish)\/Role\/Resource$/,
    reason:
      'SES asks for the identities of recipients and for default configuration sets too, whose names others choose. The ' +
      'condition on the address that a mail comes from holds each function to the one sender.',
  },
  {
    rule: /^Serverless-LambdaDLQ$/,
    at: /-http\/[A-Z]\w+\/Function\/Resource$/,
    reason: 'Called synchronously: the caller gets the error and may repeat the call. No event has to be kept.',
  },
  {
    rule: /^Serverless-LambdaDLQ$/,
    at: /-work\/(JobsFail|Imports(Plan|Apply\w+|Finish)|Exports\w+|Segments(\w+Walk|WalkPart|SweepEdges))\/Function\/Resource$/,
    reason: 'A step of a workflow, called synchronously: Step Functions repeats it, then notes the failure on the job.',
  },
  {
    rule: /^Serverless-LambdaDLQ$/,
    at: /-work\/Segments(OnProfileChanged|RepairUser)\/Function\/Resource$/,
    reason:
      'Called by an event source mapping: what fails stays in the stream or the queue, which have their own ends.',
  },
  {
    rule: /^Serverless-LambdaEventSourceMappingDestination$/,
    at: /-work\/SegmentsRepairUser\/Function\/SqsEventSource:\w+\/Resource$/,
    reason: 'A mapping of an SQS queue takes no destination: the redrive of the queue is what catches failures.',
  },
  {
    rule: /^(AwsSolutions-SQS3|Serverless-SQSRedrivePolicy)$/,
    at: /-work\/Undelivered\/Resource$/,
    reason: 'This is the dead-letter queue itself. An alarm says when something lies in it.',
  },
];

/** Checks the app with both packs at synthesis, after marking the findings that are acknowledged above. */
export function nag(app: App, data: DataStack): void {
  const packs = [new AwsSolutionsChecks(app), new ServerlessChecks(app)];
  for (const pack of packs) acknowledge(app, pack, bucketAsSeen(data));
  Validations.of(app).addPlugins(...packs);
}

/**
 * The packs need one acknowledgement for each finding, and the names of findings contain generated ids. So the packs run
 * once before: each finding that the list has is acknowledged at its resource.
 */
function acknowledge(app: App, pack: NagPack, asSeen: (finding: string) => string): void {
  const constructs = new Map(app.node.findAll().map((construct) => [construct.node.path, construct]));
  for (const { ruleName, violatingResources } of pack.validateScope(app).violations) {
    for (const { constructPath = '' } of violatingResources) {
      const known = acknowledged.find(({ rule, at }) => rule.test(ruleName) && at.test(constructPath));
      const construct = constructs.get(constructPath);
      if (known === undefined || construct === undefined) continue;
      Validations.of(construct).acknowledge({ id: asSeen(ruleName), reason: known.reason });
    }
  }
}

/** A resource of another stack is named by its attribute until synthesis begins, and by its export from then on. */
function bucketAsSeen(data: DataStack): (finding: string) => string {
  const [id, attribute] = data.resolve(data.bucket.bucketArn)['Fn::GetAtt'];
  const exported = data.resolve(data.exportValue(data.bucket.bucketArn))['Fn::ImportValue'];
  return (finding) => finding.replace(`<${id}.${attribute}>`, exported);
}
