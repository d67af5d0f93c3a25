import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

// biome-ignore lint/suspicious/noExplicitAny: inputs and outputs of whichever call passes by.
type Values = any;

/** One call of the table, by the operation's name (`GetItem`), with the values that the document client was given. */
export type Call = { readonly name: string; readonly input: Values };

/** Answers a call, by itself or by sending it on, changed or not. */
type Answer = (call: Call, send: (input: Values) => Promise<Values>) => Promise<Values>;

/** Sends every call of a client through a function of the test. */
export function intercept(client: DynamoDBClient, answer: Answer): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const call = { name: commandName.replace(/Command$/, ''), input: args.input };
        const send = async (input: Values) => (await next({ ...args, input })).output;
        return { response: {}, output: await answer(call, send) };
      },
    { step: 'initialize', name: 'intercept', override: true },
  );
}
