"""What the AWS APIs that speak JSON 1.1 have in common: validation, dispatch, authorisation."""
