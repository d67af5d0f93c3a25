import { setTimeout as sleep } from 'node:timers/promises';

/** The response of a running stack. */
export type Called = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test asserts the body that it expects.
  readonly body: any;
};

/** Calls to the API of a running stack, with its first key. */
export function clientOf({ api, key }: { readonly api: string; readonly key: string }) {
  return async (route: string, body?: unknown): Promise<Called> => {
    const [method = 'GET', path = '/'] = route.split(' ');
    const response = await fetch(api + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}

/** Polls until there is an answer; fails after a minute. */
export async function until<T>(ask: () => Promise<T | null | undefined | false>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const answer = await ask();
    if (answer) return answer;
  }
  throw new Error('what was waited for did not come within a minute');
}
