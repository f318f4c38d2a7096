"""`FrameworkProcessor` of the SageMaker Python SDK v3; its pipeline has `ScriptProcessor`."""

from __future__ import annotations

import json

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)

from tests.clients.artifacts import read_object
from tests.clients.conftest import BUCKET, IMAGE, SOURCE

PROCESSING = SOURCE.with_name("processing")


def source(uri: str) -> ProcessingInput:
    place = ProcessingS3Input(
        s3_uri=uri,
        local_path="/opt/ml/processing/input/data",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    return ProcessingInput(input_name="data", s3_input=place)


def result(uri: str) -> ProcessingOutput:
    place = ProcessingS3Output(
        s3_uri=uri, local_path="/opt/ml/processing/counts", s3_upload_mode="EndOfJob"
    )
    return ProcessingOutput(output_name="counts", s3_output=place)


def test_a_processor_runs_a_script_of_a_folder_with_its_requirements(
    role: str, numbers: str
) -> None:
    processor = FrameworkProcessor(
        image_uri=IMAGE,
        command=["python3"],
        instance_type="ml.m5.large",
        instance_count=1,
        base_job_name="count",
        role=role,
        sagemaker_session=Session(),
    )
    output = f"s3://{BUCKET}/counted"

    processor.run(
        code="count.py",
        source_dir=str(PROCESSING),
        inputs=[source(numbers)],
        outputs=[result(output)],
        arguments=["--unit", "lines"],
        wait=False,
    )
    processor.latest_job.wait(poll=1)

    assert processor.latest_job.processing_job_status == "Completed"
    assert json.loads(read_object(f"{output}/counts.json")) == {"lines": 2}
