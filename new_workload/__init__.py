"""A workload of one's own: `make new-workload` writes its settings and its code from templates.

    templates/<kind>/                   data.yaml and serving.yaml
    templates/<kind>_<framework>/       source.yaml and search.yaml; code/ becomes model_code/<name>

The workload's YAML is source, data, search and serving one after the other. In all of them
`my-workload` stands for the name and `my_workload` for the package.
"""
