"""What the models of a workload in mode batch may do in the data bucket."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import names
from infra.constructs.statements import (
    encrypt_outputs,
    encrypt_volumes,
    list_objects,
    read_objects,
    use_key,
    write_objects,
    write_sagemaker_logs,
)


def batch_access(
    scope: Construct, *, workload: str, data_bucket: s3.IBucket, key: kms.IKey
) -> list[iam.PolicyStatement]:
    """Read what is to be answered, write answers, and log as transform jobs do.

    A transform job acts as its model's role. Under `runs` it reads its manifest and pieces of
    files, and writes.
    """
    inputs, runs = names.batch_input_prefix(workload), names.batch_runs_prefix(workload)
    return [
        read_objects(data_bucket, [inputs, runs], sid="ReadBatch"),
        list_objects(data_bucket, [inputs, runs], sid="FindBatch"),
        write_objects(data_bucket, [runs], sid="WriteAnswers"),
        use_key(key, sid="UseKeyOfBatch", write=True),
        encrypt_outputs(key),
        *encrypt_volumes(key),
        write_sagemaker_logs(scope, ["/aws/sagemaker/TransformJobs"], sid="WriteJobLogs"),
    ]
