"""What MiniStack's CloudWatch lacks: alarms evaluated as AWS's are, and metrics of bounded size."""
