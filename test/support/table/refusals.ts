import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';

/** The error of a transaction that conflicted with another one, or was cancelled for another reason. */
export function clash(Code = 'TransactionConflict'): Error {
  return new TransactionCanceledException({
    message: 'Transaction cancelled',
    CancellationReasons: [{ Code: 'None' }, { Code }],
    $metadata: {},
  });
}

/** The error of a write on an item that is in a transaction at that moment; DynamoDB Local never answers it. */
export function conflict(): Error {
  return new TransactionConflictException({ message: 'Transaction conflict', $metadata: {} });
}
