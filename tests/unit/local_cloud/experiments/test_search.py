from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.experiments import tracking
from tests.unit.local_cloud.experiments.conftest import Cloud

CHANNELS = [
    {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/{name}"}},
    }
    for name in ("train", "test")
]


def condition(name: str, operator: str | None = None, value: str | None = None) -> dict[str, str]:
    given = {"Name": name, "Operator": operator, "Value": value}
    return {key: text for key, text in given.items() if text is not None}


@pytest.fixture
def jobs(cloud: Cloud) -> Cloud:
    """Three training jobs: a and b are like, c is another one."""
    for position, (name, epochs, accuracy) in enumerate((("a", "3", 0.5), ("b", "10", 0.9))):
        cloud.training_job(
            name,
            HyperParameters={"epochs": epochs, "rate": "0.25", "sagemaker.container": "x"},
            FinalMetricDataList=[
                {"MetricName": "val:acc", "Value": accuracy, "Timestamp": 1.0},
            ],
            InputDataConfig=CHANNELS,
            CreationTime=1_600_000_000.0 + position,
            LastModifiedTime=1_600_000_000.0 - position,
            EnableManagedSpotTraining=position == 1,
        )
    failed = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: no data"}
    cloud.training_job("c", HyperParameters={}, **failed)
    arn = cloud.service.arn("training-job/b")
    cloud.call("AddTags", ResourceArn=arn, Tags=[{"Key": "team.name", "Value": "rooks"}])
    return cloud


def found(cloud: Cloud, expression: dict[str, Any] | None = None, **more: Any) -> list[str]:
    """The names of the training jobs that the expression finds, in their order."""
    request = {"Resource": "TrainingJob", **more}
    if expression is not None:
        request["SearchExpression"] = expression
    answer = cloud.call("Search", **request)
    return [one["TrainingJob"]["TrainingJobName"] for one in answer["Results"]]


FILTERS = {
    ("TrainingJobName", None, "a"): "a",
    ("TrainingJobName", "NotEquals", "a"): "bc",
    ("TrainingJobName", "In", "a, c,d"): "ac",
    ("FailureReason", "Contains", "no data"): "c",
    ("FailureReason", "Exists", None): "c",
    ("FailureReason", "NotExists", None): "ab",
    ("TrainingJobStatus", "Equals", "Failed"): "c",
    ("ResourceConfig.InstanceCount", "GreaterThanOrEqualTo", "1"): "abc",
    ("ResourceConfig.InstanceCount", "LessThan", "1"): "",
    ("CreationTime", "GreaterThan", "2020-09-13T12:26:40"): "b",
    ("CreationTime", "LessThanOrEqualTo", "2020-09-13T12:26:40Z"): "ac",
    ("EnableManagedSpotTraining", "Equals", "true"): "b",
    ("HyperParameters.epochs", "GreaterThan", "3"): "b",
    ("HyperParameters.epochs", "Equals", "3.0"): "a",
    ("HyperParameters.rate", "LessThan", "0.5"): "ab",
    ("HyperParameters.rate", "Equals", "0"): "ab",
    ("HyperParameters.sagemaker.container", "Equals", "x"): "ab",
    ("HyperParameters.none", "NotExists", None): "abc",
    ("Metrics.val:acc", "GreaterThan", "0.6"): "b",
    ("InputDataConfig.ChannelName", "Equals", "test"): "ab",
    ("InputDataConfig", "Exists", None): "ab",
    ("Tags.team.name", "Equals", "rooks"): "b",
    ("Tags.other", "Exists", None): "",
}


@pytest.mark.parametrize(("filter_", "names"), FILTERS.items())
def test_a_filter_finds_what_its_operator_says(
    jobs: Cloud, filter_: tuple[str, str | None, str | None], names: str
) -> None:
    expression = {"Filters": [condition(*filter_)]}
    assert sorted(found(jobs, expression)) == list(names)


def test_conditions_are_joined_by_and_unless_they_ask_for_or(jobs: Cloud) -> None:
    two = [condition("TrainingJobName", None, "a"), condition("FailureReason", "Exists")]
    assert found(jobs, {"Filters": two}) == []
    assert sorted(found(jobs, {"Filters": two, "Operator": "Or"})) == ["a", "c"]
    either = {"Filters": two, "Operator": "Or"}
    spot = [condition("EnableManagedSpotTraining", "NotEquals", "true")]
    failed = [condition("TrainingJobStatus", None, "Failed")]
    joined = {"SubExpressions": [either, {"Filters": spot}], "Filters": failed}
    assert found(jobs, joined) == ["c"]


def test_nested_filters_hold_for_one_item_of_the_list(jobs: Cloud) -> None:
    name = condition("InputDataConfig.ChannelName", None, "train")

    def nested(uri: str) -> dict[str, Any]:
        where = condition("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", uri)
        filters = {"NestedPropertyName": "InputDataConfig", "Filters": [name, where]}
        return {"NestedFilters": [filters]}

    assert sorted(found(jobs, nested("data/train"))) == ["a", "b"]
    assert found(jobs, nested("data/test")) == []


def test_results_are_sorted_counted_and_paged(jobs: Cloud) -> None:
    assert found(jobs) == ["a", "b", "c"]
    assert found(jobs, SortBy="CreationTime") == ["b", "a", "c"]
    assert found(jobs, SortBy="HyperParameters.epochs", SortOrder="Ascending") == ["a", "b", "c"]
    assert found(jobs, SortBy="HyperParameters.epochs") == ["b", "a", "c"]
    first = jobs.call("Search", Resource="TrainingJob", MaxResults=2)
    assert first["TotalHits"] == {"Value": 3, "Relation": "EqualTo"}
    assert found(jobs, NextToken=first["NextToken"]) == ["c"]
    assert found(jobs, CrossAccountFilterOption="CrossAccount") == []


def test_all_faults_of_a_query_are_told_together(jobs: Cloud) -> None:
    wrong = [
        condition("Nonsense", None, "x"),
        condition("TrainingJobName", "GreaterThan", "x"),
        condition("CreationTime", "Equals", "yesterday"),
        condition("ResourceConfig.InstanceCount", "Contains", "1"),
        condition("TrainingJobName", "Equals"),
        condition("TrainingJobArn", "Contains", "x"),
        condition("TrainingJobName", "Contains", "x"),
        condition("InputDataConfig", "Equals", "x"),
    ]
    with pytest.raises(ValidationException) as refused:
        found(jobs, {"Filters": wrong}, SortBy="Nothing")
    for fault in (
        "Unknown property name: Nonsense",
        "TrainingJobName is a text property",
        "CreationTime is a timestamp property",
        "InstanceCount is no text property",
        "TrainingJobName needs a Value",
        "'CONTAINS' operator usage limit of 1 exceeded.",
        "InputDataConfig takes the operators Exists, NotExists only",
        "SortBy: Unknown property name: Nothing",
    ):
        assert fault in refused.value.message
    with pytest.raises(ValidationException, match="at least one subexpression, filter"):
        found(jobs, {"Operator": "And"})
    twenty = {"Filters": [condition("TrainingJobName", None, "x")] * 20}
    with pytest.raises(ValidationException, match=r"SearchExpression object is 50\."):
        found(jobs, {"SubExpressions": [twenty, twenty, twenty]})


def test_resources_that_the_local_cloud_lacks_are_named(cloud: Cloud) -> None:
    visible = [{"Key": "Tags.a", "Value": "b"}]
    with pytest.raises(ValidationException, match=r"FeatureGroup(.|\n)*VisibilityConditions"):
        cloud.call("Search", Resource="FeatureGroup", VisibilityConditions=visible)


def test_experiments_trials_and_components_are_found_by_each_other(cloud: Cloud) -> None:
    cloud.call("CreateExperiment", ExperimentName="Digits")
    cloud.call("CreateTrial", TrialName="First", ExperimentName="Digits")
    request = {"ExperimentConfig": {"ExperimentName": "Digits", "TrialName": "First"}}
    metrics = [{"MetricName": "acc", "Value": value, "Timestamp": 1.0} for value in (0.7, 0.6)]
    arn = cloud.training_job("job", _metrics=metrics)
    tracking.track(cloud.service, request, "training-job", arn)

    def search(resource: str, *filters: dict[str, str]) -> list[Any]:
        expression = {"Filters": list(filters)}
        answer = cloud.call("Search", Resource=resource, SearchExpression=expression)
        return [next(iter(one.values())) for one in answer["Results"]]

    (component,) = search(
        "ExperimentTrialComponent",
        condition("Parents.TrialName", None, "First"),
        condition("Parameters.epochs", "LessThan", "4"),
        condition("Metrics.acc.Max", "GreaterThan", "0.65"),
        condition("Metrics.acc", "LessThan", "0.65"),
        condition("Source.SourceArn", None, arn),
        condition("InputArtifacts.SageMaker.ImageUri.Value", None, "image"),
    )
    assert component["SourceDetail"]["TrainingJob"]["TrainingJobName"] == "job"
    assert component["Parents"] == [{"TrialName": "First", "ExperimentName": "Digits"}]
    (trial,) = search("ExperimentTrial", condition("ExperimentName", None, "Digits"))
    (summary,) = trial["TrialComponentSummaries"]
    assert summary["TrialComponentSource"]["SourceArn"] == arn
    assert len(search("Experiment", condition("ExperimentName", "Contains", "igit"))) == 1


def test_models_are_found_with_the_endpoints_that_serve_them(cloud: Cloud) -> None:
    store, times = cloud.service.store, {"CreationTime": 1.0, "LastModifiedTime": 1.0}
    arn = cloud.service.arn
    for name in ("used", "unused"):
        model = {"ModelName": name, "ModelArn": arn(f"model/{name}"), "CreationTime": 1.0}
        store.create(
            "model", name, {**model, "ExecutionRoleArn": "arn:aws:iam::000000000000:role/x"}
        )
    variant = {"VariantName": "one", "ModelName": "used"}
    config = {"EndpointConfigName": "c", "ProductionVariants": [variant]}
    store.create("endpoint-config", "c", config)
    endpoint = {"EndpointName": "e", "EndpointArn": arn("endpoint/e"), "EndpointConfigName": "c"}
    store.create("endpoint", "e", {**endpoint, **times, "EndpointStatus": "InService"})
    used = condition("Model.ModelName", None, "used")
    answer = cloud.call("Search", Resource="Model", SearchExpression={"Filters": [used]})
    (record,) = answer["Results"]
    assert [one["EndpointName"] for one in record["Model"]["Endpoints"]] == ["e"]
    status = condition("EndpointStatus", None, "InService")
    answer = cloud.call("Search", Resource="Endpoint", SearchExpression={"Filters": [status]})
    assert answer["TotalHits"]["Value"] == 1


def test_property_names_are_suggested(jobs: Cloud) -> None:
    def suggested(hint: str) -> list[str]:
        query = {"PropertyNameQuery": {"PropertyNameHint": hint}}
        answer = jobs.call("GetSearchSuggestions", Resource="TrainingJob", SuggestionQuery=query)
        return [one["PropertyName"] for one in answer["PropertyNameSuggestions"]]

    assert suggested("hyperparameters.e") == ["HyperParameters.epochs"]
    assert suggested("Metrics.") == ["Metrics.val:acc"]
    assert suggested("Tags.") == ["Tags.team.name"]
    assert "TrainingJobArn" in suggested("TrainingJob")
