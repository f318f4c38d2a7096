"""Asynchronous inference: a durable queue before an endpoint, results in S3, notices by SNS."""
