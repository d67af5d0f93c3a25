import type * as z from 'zod/mini';
import type { Bucket } from './bucket.ts';

/** The value of an object of JSON; null when there is none. */
export async function readJson<T>(bucket: Bucket, key: string, schema: z.ZodMiniType<T>): Promise<T | null> {
  const bytes = await bucket.get(key);
  return bytes && schema.parse(JSON.parse(bytes.toString('utf8')));
}

/** Writes an object of JSON. */
export function writeJson(bucket: Bucket, key: string, value: unknown): Promise<void> {
  return bucket.put(key, JSON.stringify(value), { contentType: 'application/json' });
}
