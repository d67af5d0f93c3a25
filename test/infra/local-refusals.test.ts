import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CfnCondition, CfnResource, Fn, type Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnFunction, CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { afterEach, expect, test } from 'vitest';
import { readAssembly } from '../../infra/local/cloudformation/assembly.ts';
import { openAuthority } from '../../infra/local/iam/authority.ts';
import { readRoles } from '../../infra/local/iam/roles.ts';
import { resourcePoliciesOf } from '../../infra/local/iam/services.ts';
import { functionsOf } from '../../infra/local/lambda/function-definition.ts';
import { startFunctions } from '../../infra/local/lambda/functions.ts';
import { CannotStart } from '../../infra/local/process/cannot-start.ts';
import { readOptions } from '../../infra/local/process/options.ts';
import { wire } from '../../infra/local/wiring.ts';
import { startAndFail } from '../support/stack/local.ts';
import { synthesizeSmallApp } from '../support/stack/local-app.ts';

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Reads the small app with one thing changed, as a start does before it runs anything. */
function refusal(change: (stack: Stack) => void): () => unknown {
  const directory = synthesizeSmallApp(change);
  made.push(dirname(directory));
  return () => {
    const assembly = readAssembly(directory, { api: 'http://api', storage: 'http://storage' });
    const authority = openAuthority({
      roles: readRoles(assembly),
      resourcePolicies: resourcePoliciesOf(assembly),
      onUse() {},
      onRefusal() {},
    });
    return wire({
      assembly,
      authority,
      functions: startFunctions(functionsOf(assembly, {}, authority), () => {}),
      ledger: new DatabaseSync(':memory:'),
      log: { say() {}, event() {}, output() {} },
      checkedStorage: 'http://storage',
      storage: { endpoint: 'http://storage', found: [], onCreated() {}, async stop() {} },
      dynamodb: 'http://dynamodb',
      streams: new Map(),
    });
  };
}

function part<T>(stack: Stack, id: string, kind: abstract new (...args: never[]) => T): T {
  const found = stack.node.findAll().find((one) => one.node.path.endsWith(id) && one instanceof kind);
  if (!(found instanceof kind)) throw new Error(`There is no ${id}.`);
  return found;
}

const nothing = { Version: '2012-10-17', Statement: [] };

test('an app of known parts is read', () => {
  expect(refusal(() => {})).not.toThrow();
});

test('an unknown resource type stops the start with its name', () => {
  const unknown = refusal((stack) => new CfnResource(stack, 'Stream', { type: 'AWS::Kinesis::Stream' }));
  expect(unknown).toThrow(CannotStart);
  expect(unknown).toThrow('The resource type AWS::Kinesis::Stream (Stream) is not known to the local stack.');
});

test('an unknown property stops the start with its name', () => {
  const unknown = refusal((stack) =>
    part(stack, 'echo/Resource', CfnFunction).addPropertyOverride('ImageConfig', { Command: ['x'] }),
  );
  expect(unknown).toThrow('The property ImageConfig of AWS::Lambda::Function (echo) is not known');
});

test('a section of a template and an option of a resource that are not known stop the start', () => {
  const conditional = refusal((stack) => {
    const condition = new CfnCondition(stack, 'Sometimes', { expression: Fn.conditionEquals('a', 'b') });
    part(stack, 'OnObject', CfnRule).cfnOptions.condition = condition;
  });
  expect(conditional).toThrow(CannotStart);
  expect(conditional).toThrow('Resources.OnObject.Condition in Small-work.template.json is not known');
});

test('a state machine in JSONata, an unknown state field and an unknown task stop the start', () => {
  const redefined = (definition: object) =>
    refusal((stack) => {
      part(stack, 'Machine', CfnStateMachine).definitionString = JSON.stringify({ StartAt: 'One', ...definition });
    });
  const one = (state: object) => ({ States: { One: { End: true, ...state } } });
  expect(redefined({ QueryLanguage: 'JSONata', ...one({ Type: 'Pass' }) })).toThrow(
    'The query language JSONata (Machine)',
  );
  expect(redefined(one({ Type: 'Pass', Assign: { a: 1 } }))).toThrow(
    'The field Assign of the Pass state One of Machine',
  );
  expect(redefined(one({ Type: 'Task', Resource: 'arn:aws:states:::sns:publish' }))).toThrow(
    'The task arn:aws:states:::sns:publish (One of Machine)',
  );
});

test('a schedule, an event source and a filter operator that are not known stop the start', () => {
  const rule = (stack: Stack) => part(stack, 'OnObject', CfnRule);
  const scheduled = refusal((stack) => {
    rule(stack).eventPattern = undefined;
    rule(stack).scheduleExpression = 'cron(0 9 * * ? *)';
  });
  expect(scheduled).toThrow('The schedule cron(0 9 * * ? *) of OnObject');
  const listening = refusal((stack) => {
    rule(stack).eventPattern = { source: ['aws.ec2'] };
  });
  expect(listening).toThrow('The rule OnObject listens to events that the local stack does not have');
  const filtering = refusal((stack) => {
    rule(stack).eventPattern = { source: ['aws.s3'], detail: { object: { key: [{ wildcard: 'a*b' }] } } };
  });
  expect(filtering).toThrow('The event pattern operator "wildcard" is not known');
});

test('a trigger, a mapping and a machine without a permission that they need stop the start', () => {
  const unheard = refusal((stack) => {
    part(stack, 'OnObjectPermission', CfnPermission).sourceArn = 'arn:aws:events:us-east-1:000000000000:rule/other';
  });
  expect(unheard).toThrow(CannotStart);
  expect(unheard).toThrow('events.amazonaws.com is not authorized to perform: lambda:InvokeFunction on resource:');
  const unread = refusal((stack) => {
    part(stack, 'onChange/ServiceRole/DefaultPolicy/Resource', CfnPolicy).policyDocument = nothing;
  });
  expect(unread).toThrow('The mapping OnChange cannot be made: User: arn:aws:sts::');
  expect(unread).toThrow('is not authorized to perform: dynamodb:DescribeStream on resource:');
  const roleless = refusal((stack) => {
    part(stack, 'Machine', CfnStateMachine).roleArn = 'arn:aws:iam::000000000000:role/none';
  });
  expect(roleless).toThrow('The role arn:aws:iam::000000000000:role/none of');
});

test('a policy that cannot be checked stops the start with its name', () => {
  const inverted = refusal((stack) => {
    part(stack, 'MapRuns/Resource', CfnPolicy).policyDocument = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }],
    };
  });
  expect(inverted).toThrow('The policy element NotAction (MachineRole) is not known to the local stack');
  const managed = refusal((stack) => {
    part(stack, 'MachineRole/Resource', CfnRole).managedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
  });
  expect(managed).toThrow('The policy arn:aws:iam::aws:policy/AdministratorAccess of MachineRole');
});

test.each([
  ['a file', (data: string) => data, 'The data directory is a file. Choose another one with --data DIR.'],
  ['damaged', dirname, 'The data directory is damaged. Delete it, or choose another one with --data DIR.'],
])('a data directory that is %s is one line that says what to do', async (_, directory, line) => {
  const folder = mkdtempSync(join(tmpdir(), 'roster-test-'));
  made.push(folder);
  const file = join(folder, 'ledger.db');
  writeFileSync(file, 'no database '.repeat(100));
  const { code, output } = await startAndFail(['--data', directory(file), '--port', '0']);
  expect([code, output]).toEqual([1, `${line}\n`]);
});

test('a port in use is one line that says what to do', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const data = mkdtempSync(join(tmpdir(), 'roster-test-'));
  made.push(data);
  const { code, output } = await startAndFail(['--memory', '--data', data, '--port', String(port)]);
  expect([code, output]).toEqual([1, `Port ${port} is in use. Stop what uses it, or start with --port N.\n`]);
  taken.close();
});

test('options that are not there are named with those that are', () => {
  expect(() => readOptions(['--prot', '1'], {})).toThrow(CannotStart);
  expect(() => readOptions(['--port', 'x'], {})).toThrow('--port x is not a port. Options: --port N (8080)');
  expect(readOptions([], { ROSTER_DATA: '/tmp/here' }).data).toBe('/tmp/here');
});
