"""The only modules that know DynamoDB, S3 and Step Functions."""
