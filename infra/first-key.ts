import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

/**
 * Makes the first API key of a deployment, with the AWS credentials of whoever calls it:
 *
 *     npm run first-key -- <the stack's output FirstKeyFunction> you@company.com
 */
const [functionName, email, name = 'owner'] = process.argv.slice(2);
if (!functionName || !email?.includes('@')) {
  console.error('Usage: npm run first-key -- <FirstKeyFunction> <your e-mail address> [name]');
  process.exit(2);
}

const { Payload, FunctionError } = await new LambdaClient({}).send(
  new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify({ name, email }) }),
);
if (FunctionError || !Payload) {
  console.error('The function answered with an error. Its log says which; the address must be one that may get mail.');
  process.exit(1);
}
const made: unknown = JSON.parse(Buffer.from(Payload).toString('utf8'));
const secret = typeof made === 'object' && made !== null && 'secret' in made ? made.secret : undefined;
console.log(`${secret}\n\nKeep it: it is shown this once.`);
