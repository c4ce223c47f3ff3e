"""Bad input by machine: schemathesis over both OpenAPI documents, atheris over what reads bytes. For developers and CI;
nothing of production imports it."""
