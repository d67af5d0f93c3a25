import { arns } from '../../cloudformation/names.ts';
import type { Access } from '../policy.ts';
import { type AwsRequest, formField, type Refusal, type RefusedAnswer, type Service } from '../request.ts';

/** Where a request in path style leads: `/bucket/key`. */
type Place = { readonly bucket: string; readonly key: string };

/** S3: an action for each object or bucket that a request reaches. Source: "Required permissions for Amazon S3 API operations". */
export const s3Service: Service = {
  bodyOf({ method, path, query, headers }) {
    if (method !== 'POST') return 'none';
    if (headers['content-type']?.startsWith('multipart/form-data')) return 'form';
    return query.has('delete') && placeOf(path).key === '' ? 'all' : 'none';
  },
  accessesOf(request) {
    const place = placeOf(request.path);
    return place.key === '' ? bucketAccesses(place.bucket, request) : objectAccesses(place, request);
  },
  accessesIfAbsent({ method, path }) {
    const place = placeOf(path);
    return place.key !== '' && (method === 'GET' || method === 'HEAD') ? [listing(place.bucket, place.key)] : [];
  },
  refuse,
};

function placeOf(path: string): Place {
  const [bucket = '', ...key] = decodeURIComponent(path).slice(1).split('/');
  return { bucket, key: key.join('/') };
}

const onObject = (action: string, { bucket, key }: Place): Access => ({
  action: `s3:${action}`,
  resource: `${arns.bucket(bucket)}/${key}`,
});

const onBucket = (action: string, bucket: string): Access => ({
  action: `s3:${action}`,
  resource: bucket === '' ? '*' : arns.bucket(bucket),
});

/**
 * A listing, for which the prefix is a condition key. S3 decides in the same way whether a caller may be told that an
 * object is absent: by the permission to list with the object's key as the prefix.
 */
function listing(bucket: string, prefix: string | null): Access {
  return { ...onBucket('ListBucket', bucket), context: prefix === null ? {} : { 's3:prefix': [prefix] } };
}

/** Actions on a bucket by method and the parameter that says what of it is meant. */
const ofBucket: Readonly<Record<string, string>> = {
  'GET uploads': 'ListBucketMultipartUploads',
  'GET versions': 'ListBucketVersions',
  'GET location': 'GetBucketLocation',
  PUT: 'CreateBucket',
  DELETE: 'DeleteBucket',
};

function bucketAccesses(bucket: string, { method, query, body }: AwsRequest): Access[] {
  if (method === 'POST' && query.has('delete')) {
    const keys = [...body.toString().matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, key = '']) => key);
    return keys.map((key) => onObject('DeleteObject', { bucket, key }));
  }
  if (method === 'POST') return [onObject('PutObject', { bucket, key: formField(body, 'key') ?? '' })];
  if (bucket === '') return [onBucket('ListAllMyBuckets', bucket)];
  const special = [...query.keys()].map((name) => ofBucket[`${method} ${name}`]).find((action) => action !== undefined);
  const action = special ?? ofBucket[method];
  return action === undefined ? [listing(bucket, query.get('prefix'))] : [onBucket(action, bucket)];
}

function objectAccesses(place: Place, { method, query, headers }: AwsRequest): Access[] {
  const version = query.has('versionId') ? 'Version' : '';
  if (method === 'DELETE') {
    return [onObject(query.has('uploadId') ? 'AbortMultipartUpload' : `DeleteObject${version}`, place)];
  }
  if (method === 'GET' && query.has('uploadId')) return [onObject('ListMultipartUploadParts', place)];
  const part = ['acl', 'tagging', 'retention', 'legal-hold', 'attributes'].find((name) => query.has(name));
  const about = part === undefined ? '' : part.replaceAll(/(^|-)(\w)/g, (_all, _dash, letter) => letter.toUpperCase());
  if (method === 'GET' || method === 'HEAD') return [onObject(`GetObject${version}${about}`, place)];
  return [...copied(headers['x-amz-copy-source']), onObject(`PutObject${about}`, place)];
}

/** What a copy needs of the object that it is made from. */
function copied(source: string | string[] | undefined): Access[] {
  if (typeof source !== 'string') return [];
  const [path = '', version] = source.split('?versionId=');
  return [onObject(version === undefined ? 'GetObject' : 'GetObjectVersion', placeOf(path.replace(/^\/?/, '/')))];
}

function refuse({ reason, message }: Refusal, { method }: AwsRequest): RefusedAnswer {
  const code = reason === 'unknown key' ? 'InvalidAccessKeyId' : 'AccessDenied';
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  return { status: 403, headers: { 'content-type': 'application/xml' }, body: method === 'HEAD' ? '' : body };
}

/** A text as XML holds it. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
