"""Service Quotas, simulated: SageMaker's quotas of instances."""
