"""Settings: the YAML files of ``config/`` as immutable, checked models."""

from infra.settings.environment import EnvironmentSettings
from infra.settings.faults import ConfigurationError, Fault
from infra.settings.loading import Settings, environment_names, load_settings
from infra.settings.workload import WorkloadSettings

__all__ = [
    "ConfigurationError",
    "EnvironmentSettings",
    "Fault",
    "Settings",
    "WorkloadSettings",
    "environment_names",
    "load_settings",
]
