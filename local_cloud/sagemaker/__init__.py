"""The SageMaker service of the local cloud: AWS's API in front, real processes behind."""
