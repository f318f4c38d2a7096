"""What makes a well-formed definition wrong: references, rings, arguments."""

from __future__ import annotations

from collections.abc import Iterator

from local_cloud.sagemaker.pipeline import graph, paths, references, shapes
from local_cloud.sagemaker.pipeline.definition import Definition, Step, parse, refuse


def validated(text: str) -> Definition:
    """The definition, or ValidationException with all that is wrong with it."""
    definition = parse(text)
    faults: list[str] = []
    for step in definition.steps:
        faults += _step_faults(definition, step)
    for path in references.gets(definition.experiment or {}):
        faults += _reference_faults(definition, path, "PipelineExperimentConfig")
    ring = None if faults else graph.cycle(definition)
    if ring is not None:
        faults.append(f"Steps depend on each other in a cycle: {' -> '.join(ring)}.")
    refuse(faults)
    return definition


def _step_faults(definition: Definition, step: Step) -> Iterator[str]:
    where = f"Step '{step.name}'"
    for name in step.depends_on:
        if name not in definition.step_names:
            yield f"{where}: DependsOn names the unknown step '{name}'."
    for path in references.of_step(step):
        yield from _reference_faults(definition, path, where, step_type=step.type)
    for fault in shapes.argument_faults(step.type, step.arguments):
        yield f"{where}: {fault}"
    declared = _output_names(step)
    for file in step.property_files.values():
        if declared is not None and file.output_name not in declared:
            yield (
                f"{where}: property file '{file.name}' lies in the unknown output "
                f"'{file.output_name}'; the step's outputs are {sorted(declared)}."
            )


def _output_names(step: Step) -> set[str] | None:
    """The names of a Processing step's outputs, None where they are not all literal."""
    config = step.arguments.get("ProcessingOutputConfig")
    outputs = config.get("Outputs") if isinstance(config, dict) else None
    if not isinstance(outputs, list):
        return None if config else set()
    names = {output.get("OutputName") for output in outputs if isinstance(output, dict)}
    return {str(name) for name in names}


def _reference_faults(
    definition: Definition, path: str, where: str, *, step_type: str | None = None
) -> Iterator[str]:
    scope, _, rest = path.partition(".")
    if scope == "Parameters":
        if rest not in definition.parameters:
            yield (
                f"{where}: '{path}' refers to an unknown parameter; defined are "
                f"{sorted(definition.parameters)}."
            )
    elif scope == "Execution":
        owner = references.JOB_NAMES.get(rest)
        if owner is not None and owner != step_type:
            yield f"{where}: '{path}' is the name of a {owner} step's own job, there alone."
        elif owner is None and rest not in references.EXECUTION_VARIABLES:
            yield (
                f"{where}: '{path}' is not an execution variable; allowed are "
                f"{[*references.EXECUTION_VARIABLES, *references.JOB_NAMES]}."
            )
    elif scope == "Steps":
        yield from _property_faults(definition, path, where)
    else:
        yield f"{where}: '{path}' must begin with Parameters., Execution. or Steps."


def _property_faults(definition: Definition, path: str, where: str) -> Iterator[str]:
    name = references.step_name(path)
    if name not in definition.step_names:
        yield f"{where}: '{path}' refers to an unknown step."
        return
    target = definition.step(name)
    try:
        tokens = paths.parse(path)[2:]
    except paths.PathError as error:
        yield f"{where}: {error}."
        return
    if not tokens or not _has(target, tokens):
        yield (
            f"{where}: Invalid property reference '{path}': a {target.type} step has no such "
            f"property."
        )


def _has(target: Step, tokens: tuple[paths.Token, ...]) -> bool:
    if tokens[0] == "PropertyFiles":
        return len(tokens) == 2 and tokens[1] in target.property_files
    if target.type in ("Lambda", "Callback"):
        return len(tokens) == 2 and (
            tokens[0] == "OutputParameters" and tokens[1] in target.output_parameters
        )
    return shapes.has_property(target.type, tokens)
