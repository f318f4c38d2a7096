"""Service Quotas, simulated: SageMaker's quotas of endpoint instances."""
