"""Drills of deployments in a local cloud: `make test-deployment`, which prints their figures.

The real stacks are deployed by the CDK CLI; only the models are stand-ins (`drill_server`), since
what is drilled is how they go live and not what they have learned.
"""
