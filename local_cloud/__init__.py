"""A local AWS for SageMaker apps: MiniStack plus a SageMaker service that really runs jobs.

It knows AWS's API and nothing of any particular app, so that every SageMaker CDK app can use it.
"""
