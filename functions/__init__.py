"""One folder per Lambda function, each a thin handler: parse, call one use case, render."""
