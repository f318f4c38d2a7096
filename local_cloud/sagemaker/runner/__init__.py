"""How a job or a model server becomes a real process under the container contract."""
