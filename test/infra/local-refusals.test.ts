import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { CfnCondition, CfnResource, Fn, type Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { afterEach, expect, test } from 'vitest';
import { readAssembly } from '../../infra/local/cloudformation/assembly.ts';
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
    return wire({
      assembly,
      functions: startFunctions(functionsOf(assembly, {}), () => {}),
      ledger: new DatabaseSync(':memory:'),
      log: { say() {}, event() {}, output() {} },
      s3: new S3Client({ region: 'us-east-1' }),
      sqs: new SQSClient({ region: 'us-east-1' }),
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
