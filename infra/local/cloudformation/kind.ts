import * as z from 'zod/mini';

/** A resource type with the properties that are known of it. */
export type Kind<P> = { readonly type: string; readonly properties: P };

export function kind<P extends z.core.$ZodLooseShape>(type: string, properties: P) {
  return { type, properties: z.strictObject(properties) };
}

/**
 * A property is either acted on, or `idle`: it is about permissions, cost, encryption, backup or watching, and changes
 * nothing on one machine. Any other property stops the start, since a silent skip is how machine and cloud drift apart.
 */
export const idle = z.optional(z.unknown());
export const text = z.string();
export const number = z.coerce.number();
export const flag = z.union([
  z.boolean(),
  z.pipe(
    z.enum(['true', 'false']),
    z.transform((word) => word === 'true'),
  ),
]);
export const maybe = z.optional;
export const tagged = { Tags: idle };
