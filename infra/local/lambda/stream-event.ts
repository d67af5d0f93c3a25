import type { AttributeValue, _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams';
import { region } from '../cloudformation/names.ts';

type Image = Record<string, AttributeValue>;

/** A stream record as Lambda gets it: plain JSON, with bytes in base64 and times in seconds. */
export function streamEvent({ eventID, eventName, dynamodb }: StreamRecord, sourceArn: string): object {
  const { Keys, NewImage, OldImage, ApproximateCreationDateTime, ...rest } = dynamodb ?? {};
  return {
    eventID,
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    dynamodb: {
      ...rest,
      ApproximateCreationDateTime: Math.floor((ApproximateCreationDateTime?.getTime() ?? 0) / 1000),
      ...(Keys && { Keys: plain(Keys) }),
      ...(NewImage && { NewImage: plain(NewImage) }),
      ...(OldImage && { OldImage: plain(OldImage) }),
    },
    eventSourceARN: sourceArn,
  };
}

function plain(image: Image): object {
  return Object.fromEntries(Object.entries(image).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: AttributeValue): object {
  if (value.B !== undefined) return { B: base64(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(base64) };
  if (value.L !== undefined) return { L: value.L.map(plainValue) };
  if (value.M !== undefined) return { M: plain(value.M) };
  return value;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
