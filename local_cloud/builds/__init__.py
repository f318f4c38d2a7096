"""CodeBuild's builds as processes of this machine, and container images without Docker."""
