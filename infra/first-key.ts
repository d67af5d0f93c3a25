import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

const [FunctionName, name, email, surplus] = process.argv.slice(2);
if (FunctionName === undefined || name === undefined || email === undefined || surplus !== undefined) {
  console.error(
    'Usage: node infra/first-key.ts FUNCTION NAME EMAIL\nFUNCTION is the output FirstKeyFunction of the deployment.',
  );
  process.exit(2);
}

/** Creates the first API key. It needs AWS credentials with the permission to invoke the function. */
const { FunctionError, Payload } = await new LambdaClient({}).send(
  new InvokeCommand({ FunctionName, Payload: JSON.stringify({ name, email }) }),
);
const answer = JSON.parse(Payload?.transformToString() ?? 'null');
if (FunctionError !== undefined) {
  console.error(`No key was made: ${answer.errorMessage}`);
  process.exit(1);
}
console.log(answer.secret);
