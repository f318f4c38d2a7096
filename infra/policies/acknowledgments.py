"""Every finding of cdk-nag that stays, and why. Run this module to print them.

An acknowledgment names one kind of finding at one kind of place; what it does not name stops
the synth. `tests/synth` fails for one that no longer acknowledges anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AcknowledgedFinding:
    """A kind of finding that is accepted.

    Attributes:
        rule: rule as cdk-nag names it, such as `AwsSolutions-SQS3`.
        finding: regular expression for the whole of what stands in brackets after the rule
            (only AwsSolutions-IAM4 and IAM5 have it), or the empty string.
        path: regular expression for the whole construct path.
        reason: why it is right as it is.
    """

    rule: str
    finding: str
    path: str
    reason: str


_POLICY = r"/Role/DefaultPolicy/Resource"
_SAGEMAKER = r"Resource::arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:"
_LOGS = r"Resource::arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:"
# In the bucket's own stack and, by the name of its export, in others.
_BUCKET = r"Resource::(<[A-Za-z0-9]*Bucket[A-Za-z0-9]*\.Arn>|[^/*]+Bucket[A-Za-z0-9]*)"


def _wildcard(finding: str, path: str, reason: str) -> AcknowledgedFinding:
    return AcknowledgedFinding("AwsSolutions-IAM5", finding, f"({path}){_POLICY}", reason)


ACKNOWLEDGED: tuple[AcknowledgedFinding, ...] = (
    AcknowledgedFinding(
        rule="AwsSolutions-SQS3",
        finding="",
        path=r".*/[A-Za-z]*DeadLetters/Queue/Resource",
        reason="This is the dead-letter queue, of an event rule or of a state machine, which "
        "the check does not see; an alarm tells when anything lands in it.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-foundation/BucketEmptier/EmptyBuckets"
        r"|[^/]+-intake/Functions/[A-Za-z]+"
        r"|[^/]+-training/[^/]+/(EmptyModelPackageGroup|Notify)"
        r"|[^/]+-training/Functions/[A-Za-z]+"
        r"|[^/]+-deployment/PromotionTarget/Promote"
        r"|[^/]+-images/[^/]+/BuildImage"
        r"|[^/]+-deployment/[^/]+/(Functions/(Plan|RollBack))"
        r"|[^/]+-serving/[^/]+/Functions/[A-Za-z]+"
        r"|[^/]+-deployment/AskForApproval/Ask",
        "X-Ray's calls that write a function's trace take no resource; nothing else of these "
        "roles is on *.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-deployment/[^/]+/Functions/Preflight",
        "X-Ray's calls, servicequotas:ListServiceQuotas and ec2:DescribeInstanceTypeOfferings take "
        "no resource; nothing else of this role is on *.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-deployment/[^/]+/Shadow/Compare",
        "X-Ray's calls and cloudwatch:GetMetricStatistics take no resource; nothing else of this "
        "role is on *.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-deployment/[^/]+/Functions/SmokeTest",
        "X-Ray's calls and cloudwatch:PutMetricData take no resource; the latter is limited to "
        "the namespace of deployments by a condition.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-deployment/[^/]+/(Functions/CleanUp|TearDown)",
        "X-Ray's calls and SageMaker's ListModels and ListEndpointConfigs take no resource; "
        "nothing else of these roles is on *.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-serving/[^/]+/StopTransforms",
        "X-Ray's calls and SageMaker's ListTransformJobs take no resource; nothing else of this "
        "role is on *.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-intake/WaitForQuiet|[^/]+-deployment/[^/]+/Deploy|[^/]+-serving/[^/]+/Answer",
        "X-Ray's calls and the log delivery calls of CloudWatch Logs, with which Step Functions "
        "writes a state machine's log, take no resource.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-training/[^/]+/Jobs|[^/]+-deployment/[^/]+/Model",
        "cloudwatch:PutMetricData and ecr:GetAuthorizationToken take no resource, and neither do "
        "EC2's Describe calls, which a model in a network needs; the first is limited to "
        "SageMaker's namespaces by a condition.",
    ),
    _wildcard(
        r"Resource::\*",
        r"[^/]+-deployment/[^/]+/Scaling/Scale",
        "X-Ray's calls and the Describe calls of Application Auto Scaling take no resource, and "
        "it asks for all alarms in its caller's name; nothing else of this role is on *.",
    ),
    _wildcard(
        r"Resource::arn:aws[a-z-]*:application-autoscaling:[a-z0-9-]+:[0-9]{12}:scalable-target/\*",
        r"[^/]+-deployment/[^/]+/Scaling/Scale",
        "AWS makes the ids of scalable targets; a condition limits them to SageMaker's.",
    ),
    _wildcard(
        r"Resource::arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:[0-9]{12}:alarm:"
        r"TargetTracking-endpoint/[a-z0-9-]+/variant/\*",
        r"[^/]+-deployment/[^/]+/Scaling/Scale",
        "Application Auto Scaling makes these alarms of one endpoint, and ends their names itself.",
    ),
    _wildcard(
        _SAGEMAKER + r"endpoint-config/\*",
        r"[^/]+-deployment/[^/]+/Scaling/Scale",
        "Application Auto Scaling asks in its caller's name about a configuration that is not "
        "there, to learn whether the caller may; to read is all that is allowed.",
    ),
    _wildcard(
        r"Resource::arn:aws[a-z-]*:ec2:[a-z0-9-]+:[0-9]{12}:network-interface/\*",
        r"[^/]+-deployment/[^/]+/Model",
        "EC2 makes the ids of network interfaces; the subnets are named beside them, or by a "
        "condition.",
    ),
    _wildcard(
        _BUCKET + r"/[a-z0-9-]+/(captured|async)/\*",
        r"[^/]+-deployment/[^/]+/Model",
        "What SageMaker writes of one endpoint's requests and answers; it makes their names.",
    ),
    AcknowledgedFinding(
        "AwsSolutions-IAM5",
        r"Resource::\*",
        r"[^/]+-images/[^/]+/ProjectRole/DefaultPolicy/Resource",
        "ecr:GetAuthorizationToken takes no resource; nothing else of this role is on *.",
    ),
    _wildcard(
        _BUCKET + r"/\*",
        r"[^/]+-foundation/BucketEmptier/EmptyBuckets",
        "Emptying a bucket before it is deleted means every object of exactly that bucket.",
    ),
    _wildcard(
        _BUCKET + r"/(uploads|datasets|quarantine)/[a-z0-9-]+/\*",
        r"[^/]+-intake/Functions/Freeze|[^/]+-training/[^/]+/Jobs",
        "The objects of one workload under one prefix of the data bucket; their names are the "
        "uploader's or hashes, and unknown before.",
    ),
    _wildcard(
        _BUCKET + r"/batch/[a-z0-9-]+/(input|runs)/\*",
        r"[^/]+-serving/[^/]+/Functions/(Freeze|Advance)|[^/]+-deployment/[^/]+/Model",
        "What is uploaded to be answered, whose names are the uploader's, and the batch runs of "
        "one workload, named after the time at which they begin.",
    ),
    _wildcard(
        _SAGEMAKER + r"transform-job/[a-z0-9-]+-b-\*",
        r"[^/]+-serving/[^/]+/(Functions/Advance|Answer|StopTransforms)",
        "The transform jobs of one workload's batch runs, named after each run.",
    ),
    _wildcard(
        _BUCKET + r"/outcomes/[a-z0-9-]+/\*",
        r"[^/]+-deployment/[^/]+/Functions/Plan",
        "The outcomes that the users of one workload record, in files of their own naming.",
    ),
    _wildcard(
        _BUCKET + r"/[a-z0-9-]+/\*",
        r"[^/]+-training/([^/]+/(Jobs|Run)|Functions/FindChampion|PromotionSource)"
        r"|[^/]+-deployment/[^/]+/(Model|Functions/(SmokeTest|Preflight)|Shadow/Compare)"
        r"|[^/]+-deployment/AskForApproval/Ask",
        "The artifacts of one workload: each pipeline run writes below its own execution id, "
        "which is unknown before.",
    ),
    _wildcard(
        _BUCKET + r"/[a-z0-9-]+/deployments/\*",
        r"[^/]+-deployment/AskForApproval/Ask",
        "The pages of one workload's deployments, each below its execution's name, which "
        "EventBridge makes.",
    ),
    _wildcard(
        _BUCKET + r"/[a-z0-9-]+/promoted-[a-z0-9-]+-\*",
        r"[^/]+-deployment/PromotionTarget/Promote",
        "The objects of a promoted package, below its version; those that were trained here lie "
        "elsewhere.",
    ),
    _wildcard(
        _BUCKET + r"/[a-z0-9-]+/\*/(tuning|champion|checkpoints)/\*",
        r"[^/]+-training/Functions/(RaiseEpochs|FindChampion)",
        "What these functions lay beside the files of a run, below its execution id, which is "
        "unknown before.",
    ),
    _wildcard(
        _BUCKET + r"/[a-z0-9-]+/\*/evaluation/evaluation\.json",
        r"[^/]+-training/Notices/Notify|[^/]+-deployment/[^/]+/Functions/Plan",
        "The evaluation reports of one workload, one below each run's execution id, which is "
        "unknown before.",
    ),
    _wildcard(
        _LOGS
        + r"/aws/sagemaker/(ProcessingJobs|TrainingJobs|TransformJobs|Endpoints/[a-z0-9-]+):\*",
        r"[^/]+-training/[^/]+/Jobs|[^/]+-deployment/[^/]+/(Model|TearDown)"
        r"|[^/]+-serving/[^/]+/Functions/Advance",
        "The log streams of one log group, which SageMaker names after each job or instance.",
    ),
    _wildcard(
        _SAGEMAKER + r"pipeline/[a-z0-9-]+/execution/\*",
        r"[^/]+-intake/Functions/Freeze|[^/]+-training/Notices/Notify",
        "The executions of one workload's pipeline; SageMaker makes their ids.",
    ),
    _wildcard(
        _SAGEMAKER + r"(processing-job|training-job|transform-job|model)/pipelines-\*",
        r"[^/]+-training/([^/]+/Run|Functions/DeleteModels)",
        "SageMaker names what a pipeline makes, and always with this beginning.",
    ),
    _wildcard(
        _SAGEMAKER + r"(hyper-parameter-tuning-job|training-job)/\*",
        r"[^/]+-training/([^/]+/Run|Functions/RaiseEpochs)",
        "SageMaker names a pipeline's tuning jobs, and the trials after them, with no beginning "
        "that could stand here; the function may only read them.",
    ),
    _wildcard(
        _SAGEMAKER + r"model-package/[a-z0-9-]+/\*",
        r"[^/]+-training/([^/]+/(Run|EmptyModelPackageGroup|Notify)|Functions/FindChampion"
        r"|PromotionSource)|[^/]+-deployment/PromotionTarget/Promote"
        r"|[^/]+-deployment/([^/]+/(Functions/(Plan|Preflight|CleanUp)|Deploy)|AskForApproval/Ask)",
        "The versions of one workload's model package group; SageMaker numbers them.",
    ),
    _wildcard(
        r"Resource::arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:execution:[a-z0-9-]+-deployment:\*",
        r"[^/]+-deployment/[^/]+/Deploy",
        "The executions of this very state machine, of which it describes one that is newer; "
        "EventBridge names them.",
    ),
    _wildcard(
        _SAGEMAKER + r"(model|endpoint-config)/[a-z0-9-]+-v\*",
        r"[^/]+-deployment/[^/]+/(Functions/(Plan|Preflight|RollBack|CleanUp)|Deploy|TearDown)",
        "Models and configurations of one endpoint, named after the version that they serve.",
    ),
)


def main() -> None:
    """Print the acknowledgments and their number."""
    for known in ACKNOWLEDGED:
        finding = f"[{known.finding}]" if known.finding else ""
        print(f"{known.rule}{finding}\n    at {known.path}\n    {known.reason}")
    print(f"{len(ACKNOWLEDGED)} acknowledgments of cdk-nag findings")


if __name__ == "__main__":
    main()
