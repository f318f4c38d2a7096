"""What the local cloud makes of each member of each request: it works, is accepted and ignored,
or is refused.

A file a resource family says so, as data. :mod:`.enforcement` carries the refusals out and tells
what is ignored, :mod:`.coverage` finds members of botocore's shapes that nothing is said of, and
:mod:`.document` writes docs/local-sagemaker-api.md. Who adds a capability changes its row.
"""
