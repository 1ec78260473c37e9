"""The files that `ecom-lake init` and `ecom-lake new` write into a project folder. Each is valid as it stands."""
