"""AWS's schedule expressions: cron, rate and at, in a time zone."""
